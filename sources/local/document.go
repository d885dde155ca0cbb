package local

import (
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aside-cli/aside/sources"
)

// documentVersion is that of the only layout so far:
//
//	{"version":1,
//	 "recipients":["age1…"],
//	 "secrets":{"NAME":{"value":"…","updated":"2026-01-02T03:04:05Z","version":1}}}
//
// with "base64" in the place of "value" where a value is not UTF-8, which JSON
// cannot hold.
const documentVersion = 1

// A document is what a file holds before it is encrypted. Equal documents are
// encoded to equal bytes.
type document struct {
	// recipients are the public keys that the file is encrypted to, sorted. The
	// file itself does not tell, and must be written anew when they change.
	recipients []string

	entries []entry // sorted by name
}

// An entry is one secret.
type entry struct {
	name    string
	value   sources.Secret
	updated string // RFC 3339
	version int    // 1 when it was first set, 1 more on each change
}

// set stores the secrets, and reports whether that changed anything.
func (d *document) set(secrets map[string]sources.Secret, now time.Time) (changed bool) {
	updated := now.UTC().Format(time.RFC3339)
	missing := maps.Clone(secrets)
	for i := range d.entries {
		e := &d.entries[i]
		secret, ok := missing[e.name]
		if !ok {
			continue
		}
		delete(missing, e.name)
		if !e.value.Equal(secret) {
			e.value, e.updated = secret, updated
			e.version++
			changed = true
		}
	}
	for name, secret := range missing {
		d.entries = append(d.entries, entry{name, secret, updated, 1})
		changed = true
	}
	d.sort()
	return changed
}

// remove reports whether there was one to remove.
func (d *document) remove(name string) bool {
	before := len(d.entries)
	d.entries = slices.DeleteFunc(d.entries, func(e entry) bool { return e.name == name })
	return len(d.entries) < before
}

func (d *document) sort() {
	slices.SortFunc(d.entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
}

func (d *document) encode() []byte {
	buf := append([]byte(`{"version":`), strconv.Itoa(documentVersion)...)
	buf = append(buf, `,"recipients":[`...)
	for i, line := range d.recipients {
		buf = appendString(comma(buf, i), line)
	}
	buf = append(buf, `],"secrets":{`...)
	for i, e := range d.entries {
		buf = appendString(comma(buf, i), e.name)
		if value := e.value.Reveal(); utf8.ValidString(value) {
			buf = appendString(append(buf, `:{"value":`...), value)
		} else {
			buf = appendString(append(buf, `:{"base64":`...), base64.StdEncoding.EncodeToString([]byte(value)))
		}
		buf = appendString(append(buf, `,"updated":`...), e.updated)
		buf = strconv.AppendInt(append(buf, `,"version":`...), int64(e.version), 10)
		buf = append(buf, '}')
	}
	return append(buf, `}}`...)
}

func comma(buf []byte, i int) []byte {
	if i > 0 {
		buf = append(buf, ',')
	}
	return buf
}

// What is wrong with a document is said in fixed words, that quote none of it.
var (
	errNewer       = errors.New("was written by a newer version of aside")
	errNoDocument  = errors.New("holds no document of aside's")
	errWrongSecret = errors.New("holds a secret whose name or value is not valid")
)

// decode is strict: what it passed over would be lost when the document is
// written again.
func decode(text string) (*document, error) {
	if !utf8.ValidString(text) {
		return nil, errNoDocument
	}
	d := &document{}
	s := &scanner{text: text}
	version := 0
	s.object(func(name string) {
		switch name {
		case "version":
			version = s.number()
			s.bad = s.bad || version != documentVersion
		case "recipients":
			s.list('[', ']', func() { d.recipients = append(d.recipients, s.string()) })
		case "secrets":
			s.object(func(name string) { d.entries = append(d.entries, decodeEntry(s, name)) })
		default:
			s.bad = true
		}
	})
	s.end()
	switch {
	case version > documentVersion:
		return nil, errNewer
	case s.bad || version == 0:
		return nil, errNoDocument
	}
	d.sort()
	for i, e := range d.entries {
		if sources.CheckName(e.name) != nil || sources.CheckValue(e.name, e.value) != nil ||
			i > 0 && e.name == d.entries[i-1].name {
			return nil, errWrongSecret
		}
	}
	return d, nil
}

func decodeEntry(s *scanner, name string) entry {
	e := entry{name: name}
	values := 0
	s.object(func(name string) {
		switch name {
		case "value":
			e.value = sources.NewSecret(s.string())
			values++
		case "base64":
			raw, err := base64.StdEncoding.DecodeString(s.string())
			s.bad = s.bad || err != nil
			e.value = sources.NewSecret(string(raw))
			values++
		case "updated":
			e.updated = s.string()
		case "version":
			e.version = s.number()
		default:
			s.bad = true
		}
	})
	s.bad = s.bad || values != 1 || e.version == 0
	return e
}
