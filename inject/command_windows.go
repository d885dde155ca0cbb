package inject

import (
	"os"
	"path/filepath"
	"strings"
)

// caselessNames: Path and PATH are one variable.
const caselessNames = true

// executable returns the extension that file lacks to be a program, from PATHEXT.
func executable(file string) (extension string, err error) {
	known := os.Getenv("PATHEXT")
	if known == "" {
		known = ".com;.exe;.bat;.cmd"
	}
	extensions := strings.Split(strings.ToLower(known), ";")
	for _, e := range extensions {
		if strings.EqualFold(filepath.Ext(file), e) {
			extensions = []string{""}
		}
	}
	err = os.ErrNotExist
	for _, e := range extensions {
		if _, err = os.Stat(file + e); err == nil {
			return e, nil
		}
	}
	return "", err
}
