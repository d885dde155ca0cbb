//go:build unix && !linux

package inject

import (
	"fmt"

	"github.com/aside-cli/aside/sources"
)

// takeAlong fails where there is something to deliver: nobody would stay to
// remove a file.
func (l launch) takeAlong() (_ launch, undo func(), err error) {
	if len(l.parcels) > 0 {
		return l, nil, sources.Hint(fmt.Errorf("%s cannot be delivered in a file: once aside has become the command nobody is there to remove it",
			l.parcels[0].name), "let aside stay: --watch; or deliver it as a variable")
	}
	return l, func() {}, nil
}
