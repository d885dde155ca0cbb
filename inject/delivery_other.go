//go:build !linux

package inject

import (
	"errors"

	"github.com/aside-cli/aside/sources"
)

func canSeal() error {
	return sources.Hint(errors.New("a descriptor can be handed over on Linux only"), "deliver it as a file")
}

func seal(sources.Secret) (int, error) { return -1, canSeal() }

func staleLink(string) bool { return false }

func linkInUse(string) bool { return false }
