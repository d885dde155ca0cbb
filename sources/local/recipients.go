package local

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"filippo.io/age"
	"filippo.io/age/agessh"

	"github.com/aside-cli/aside/sources"
)

// recipients are those that a file is encrypted to.
type recipients struct {
	keys  []age.Recipient
	lines []string    // their public keys, sorted, without comments
	named []Recipient // in the order of the list
}

// notIn returns the lines that are new.
func (r *recipients) notIn(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(r.lines), func(line string) bool { return slices.Contains(lines, line) })
}

// readableBy reports whether id could read what is encrypted to r. The error is
// that of the encryption.
func (r *recipients) readableBy(id *identity) (bool, error) {
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, r.keys...)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return false, err
	}
	_, err = age.Decrypt(&sealed, id.keys...)
	return err == nil, nil
}

// parseRecipients reads a list of public keys, which shown is the name of.
func parseRecipients(shown, text string) (*recipients, error) {
	r := &recipients{}
	n := 0
	above := "" // the comment on the line above
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			above = strings.TrimSpace(strings.TrimLeft(line, "#"))
			continue
		}
		key, err := parseRecipient(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", shown, n, err)
		}
		line, name := cutComment(line)
		if name == "" {
			name = above
		}
		above = ""
		if !slices.Contains(r.lines, line) {
			r.keys = append(r.keys, key)
			r.lines = append(r.lines, line)
			r.named = append(r.named, Recipient{Key: line, Name: visible(name)})
		}
	}
	if len(r.keys) == 0 {
		return nil, sources.Hint(fmt.Errorf("%s lists nobody", shown), "add your own public key, and those of your team")
	}
	slices.Sort(r.lines)
	return r, nil
}

// visible leaves out what would move a terminal's cursor: nobody's name shall hide
// them, or another, from those who look at the list.
func visible(name string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case !unicode.IsGraphic(r):
			return -1
		}
		return r
	}, name))
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

// cutComment returns the key of a line, and what follows that of an SSH line.
func cutComment(line string) (key, comment string) {
	fields := strings.Fields(line)
	n := min(2, len(fields))
	return strings.Join(fields[:n], " "), strings.Join(fields[n:], " ")
}

// recipientLines is how a list names a recipient.
func recipientLines(key, name string) string {
	if name == "" {
		return key + "\n"
	}
	return "# " + name + "\n" + key + "\n"
}

// withRecipient returns the list with one more.
func withRecipient(text, key, name string) string {
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text + recipientLines(key, name)
}

// withoutRecipient returns the list without the key and the comment above it.
// Everything else stays as it is.
func withoutRecipient(text, key string) string {
	var kept []string
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
		if found, _ := cutComment(trimmed); found != key {
			kept = append(kept, line)
			continue
		}
		if last := len(kept) - 1; last >= 0 && strings.HasPrefix(strings.TrimSpace(kept[last]), "#") {
			kept = kept[:last]
		}
	}
	return strings.Join(kept, "")
}
