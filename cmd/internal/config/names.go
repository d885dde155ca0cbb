package config

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/aside-cli/aside/sources"
)

const (
	maxStage = 64
	maxApp   = 128

	letters   = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits    = "0123456789"
	wildcards = "*?["
)

// AppName returns the app's name: what app: says, else the name of the root
// folder. It is an error if that cannot be one.
func (c *Config) AppName() (string, error) {
	if c.App.Value != "" {
		return c.App.Value, nil
	}
	folder := filepath.Base(c.Root)
	if CheckApp(folder) != nil {
		return "", sources.Hint(fmt.Errorf("the app has no name, and that of its folder, %q, cannot be one", folder),
			"name it with app: in "+Name+", with ASIDE_APP or --app")
	}
	return folder, nil
}

// CheckApp returns an error unless s can be an app's name, and so a part of
// names and paths in every store: letters, digits, -, _ and ., at most 128,
// starting with a letter or digit.
func CheckApp(s string) error {
	return checkName(s, "an app", maxApp, "-_.", "letters, digits, -, _ and .")
}

// CheckStage returns an error unless s can be a stage's name: letters, digits
// and -, at most 64, starting with a letter or digit.
func CheckStage(s string) error {
	return checkName(s, "a stage", maxStage, "-", "letters, digits and -")
}

// checkName names the characters that are allowed inside, but not in front, as
// marks to be searched and once more for people.
func checkName(s, of string, limit int, marks, allowed string) error {
	hint := "the name of " + of + " starts with a letter or digit, then come " + allowed
	switch {
	case s == "":
		return sources.Hint(fmt.Errorf("the name of %s is empty", of), hint)
	case len(s) > limit:
		return fmt.Errorf("%.20q… is no name of %s: it has %d characters, at most %d are allowed", s, of, len(s), limit)
	}
	for i, r := range s {
		if !strings.ContainsRune(letters+digits+marks, r) || i == 0 && strings.ContainsRune(marks, r) {
			return sources.Hint(fmt.Errorf("%q is no name of %s: character %d may not stand there", s, of, i+1), hint)
		}
	}
	return nil
}

// checkPattern returns an error unless s is a stage's name or a glob that can
// match one.
func checkPattern(s string) error {
	if !strings.ContainsAny(s, wildcards) {
		return CheckStage(s)
	}
	_, err := path.Match(s, "")
	if err != nil || strings.Trim(s, letters+digits+wildcards+"]^-") != "" {
		return sources.Hint(fmt.Errorf("%.80q is no glob of stages", s),
			"in the name of a stage * stands for any characters, ? for one, [a-z] for one of these")
	}
	return nil
}

// checkVariable returns an error unless s can be a variable's name.
func checkVariable(s string) error {
	if sources.CheckName(s) != nil {
		return sources.Hint(fmt.Errorf("%.40q is no name of a variable", s),
			fmt.Sprintf("a name starts with a letter or _, then come letters, digits and _, at most %d in all", sources.MaxName))
	}
	return nil
}

// checkStore leaves it to others which stores there are.
func checkStore(s string) error {
	if s == "" {
		return sources.Hint(fmt.Errorf("the name of the store is empty"), "remove the key to use the local store")
	}
	return nil
}

// checkEndpoint does not print s: a URL may hold a password.
func checkEndpoint(s string) error {
	if s == "" {
		return nil
	}
	if u, err := url.Parse(s); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return sources.Hint(errors.New("the endpoint is no URL"), "it starts with https:// or http://, then comes the host")
	}
	return nil
}
