package local

import (
	"fmt"

	"filippo.io/age"

	"github.com/aside-cli/aside/sources"
)

// Keys are the user's identity for what else is encrypted to it.
type Keys struct {
	Identities []age.Identity
	Recipient  age.Recipient  // of the first of them
	Secret     sources.Secret // the text of the first of them
}

// Keys returns the user's identity, or nil where there is none.
func (c Config) Keys() (*Keys, error) {
	id, err := c.findIdentity()
	if err != nil || id == nil {
		return nil, err
	}
	recipient, err := parseRecipient(id.publics[0])
	if err != nil {
		return nil, fmt.Errorf("use the identity: %w", err)
	}
	return &Keys{id.keys, recipient, id.first}, nil
}
