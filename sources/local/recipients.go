package local

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"

	"github.com/aside-cli/aside/sources"
)

// recipients are those that a file is encrypted to.
type recipients struct {
	keys  []age.Recipient
	lines []string // their public keys, sorted, without comments
}

// notIn returns the lines that are new.
func (r *recipients) notIn(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(r.lines), func(line string) bool { return slices.Contains(lines, line) })
}

// parseRecipients reads a list of public keys, which shown is the name of.
func parseRecipients(shown, text string) (*recipients, error) {
	r := &recipients{}
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, err := parseRecipient(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", shown, n, err)
		}
		line = withoutComment(line)
		if !slices.Contains(r.lines, line) {
			r.keys = append(r.keys, key)
			r.lines = append(r.lines, line)
		}
	}
	if len(r.keys) == 0 {
		return nil, sources.Hint(fmt.Errorf("%s lists nobody", shown), "add your own public key, and those of your team")
	}
	slices.Sort(r.lines)
	return r, nil
}

// parseRecipient quotes nothing of the line in its errors: it may be a private
// key that was put there by mistake.
func parseRecipient(line string) (key age.Recipient, err error) {
	switch {
	case strings.HasPrefix(line, "AGE-SECRET-KEY-"), strings.HasPrefix(line, "-----BEGIN "):
		return nil, sources.Hint(errors.New("a private key stands where a public one is expected"),
			"remove it, and use it no longer if anyone else could see the file")
	case strings.HasPrefix(line, "age1pq1"):
		key, err = age.ParseHybridRecipient(line)
	case strings.HasPrefix(line, "age1") && strings.Count(line, "1") > 1:
		return nil, errors.New("the key belongs to an age plugin, which aside does not support")
	case strings.HasPrefix(line, "age1"):
		key, err = age.ParseX25519Recipient(line)
	case strings.HasPrefix(line, "ssh-"):
		key, err = agessh.ParseRecipient(line)
	default:
		err = errors.ErrUnsupported
	}
	if err != nil {
		return nil, sources.Hint(errors.New("this is no public key that aside supports"),
			"a line is age1…, ssh-ed25519 … or ssh-rsa …; comments start with # on a line of their own")
	}
	return key, nil
}

// withoutComment drops what follows the key of an SSH line.
func withoutComment(line string) string {
	fields := strings.Fields(line)
	return strings.Join(fields[:min(2, len(fields))], " ")
}
