package local

import (
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aside-cli/aside/sources"
)

// documentVersion is that of the layout:
//
//	{"version":2,
//	 "recipients":["age1…"],
//	 "secrets":{"NAME":{"value":"…","updated":"2026-01-02T03:04:05Z","by":"alice@laptop","version":4}}}
//	{"NAME":{"value":"…","updated":"2026-01-01T03:04:05Z","by":"bob@desktop","version":3}}
//
// The lines after the first object are earlier versions: see archive.go. In the
// place of "value" stands "base64" where a value is not UTF-8, which JSON
// cannot hold, and "removed":true where a secret was removed. A secret that was
// set for several types together has "group":["preview","production"].
//
// Layout 1, which is still read, is the same without by, group, removed and
// earlier versions.
const documentVersion = 2

// A document is what a file holds before it is encrypted. Equal documents are
// encoded to equal bytes.
type document struct {
	// recipients are the public keys that the file is encrypted to, sorted. The
	// file itself does not tell, and must be written anew when they change.
	recipients []string

	entries []entry // sorted by name
	earlier string  // the earlier versions, encoded: see archive.go
	changed bool    // since it was decoded
}

// An entry is the newest version of one secret.
type entry struct {
	name    string
	value   sources.Secret
	group   []string // the types that it was set for together, sorted, or none
	removed bool     // there is no value
	stamp   stamp
	version int // 1 when it was first set, 1 more on each change
}

// A stamp says when and by whom a change was made.
type stamp struct {
	updated string // RFC 3339
	by      string
}

// find returns the secret, or nil where there is none.
func (d *document) find(name string) *entry {
	i, ok := slices.BinarySearchFunc(d.entries, name, func(e entry, name string) int { return strings.Compare(e.name, name) })
	if !ok || d.entries[i].removed {
		return nil
	}
	return &d.entries[i]
}

// set stores the secrets, for the types of group together.
func (d *document) set(secrets map[string]sources.Secret, group []string, now stamp) {
	missing := maps.Clone(secrets)
	var old []entry
	for i := range d.entries {
		e := &d.entries[i]
		secret, ok := missing[e.name]
		if !ok {
			continue
		}
		delete(missing, e.name)
		if e.removed || !e.value.Equal(secret) || !slices.Equal(e.group, group) {
			old = append(old, *e)
			*e = entry{name: e.name, value: secret, group: group, stamp: now, version: e.version + 1}
		}
	}
	for name, secret := range missing {
		d.entries = append(d.entries, entry{name: name, value: secret, group: group, stamp: now, version: 1})
	}
	d.sort()
	d.remember(old)
	d.changed = d.changed || len(old)+len(missing) > 0
}

// remove reports whether there was one to remove.
func (d *document) remove(name string, now stamp) bool {
	e := d.find(name)
	if e == nil {
		return false
	}
	d.remember([]entry{*e})
	*e = entry{name: name, removed: true, stamp: now, version: e.version + 1}
	d.changed = true
	return true
}

func (d *document) sort() {
	slices.SortFunc(d.entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
}

func (d *document) encode() []byte {
	buf := make([]byte, 0, len(d.earlier)+len(d.entries)*256)
	buf = append(buf, `{"version":`...)
	buf = append(buf, strconv.Itoa(documentVersion)...)
	buf = append(buf, `,"recipients":`...)
	buf = appendStrings(buf, d.recipients)
	buf = append(buf, `,"secrets":{`...)
	for i, e := range d.entries {
		buf = e.appendTo(comma(buf, i))
	}
	buf = append(buf, "}}\n"...)
	return append(buf, d.earlier...)
}

// appendTo adds the entry as a member of a JSON object.
func (e entry) appendTo(buf []byte) []byte {
	buf = append(appendString(buf, e.name), ':')
	switch value := e.value.Reveal(); {
	case e.removed:
		buf = append(buf, `{"removed":true`...)
	case utf8.ValidString(value):
		buf = appendString(append(buf, `{"value":`...), value)
	default:
		buf = appendString(append(buf, `{"base64":`...), base64.StdEncoding.EncodeToString([]byte(value)))
	}
	if len(e.group) > 0 {
		buf = appendStrings(append(buf, `,"group":`...), e.group)
	}
	buf = appendString(append(buf, `,"updated":`...), e.stamp.updated)
	if e.stamp.by != "" {
		buf = appendString(append(buf, `,"by":`...), e.stamp.by)
	}
	buf = strconv.AppendInt(append(buf, `,"version":`...), int64(e.version), 10)
	return append(buf, '}')
}

// What is wrong with a document is said in fixed words, that quote none of it.
var (
	errNewer       = errors.New("was written by a newer version of aside")
	errNoDocument  = errors.New("holds no document of aside's")
	errWrongSecret = errors.New("holds a secret whose name or value is not valid")
)

// decode is strict: what it passed over would be lost when the document is
// written again. The earlier versions it takes as they are.
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
			s.bad = s.bad || version > documentVersion
		case "recipients":
			d.recipients = s.strings()
		case "secrets":
			s.object(func(name string) { d.entries = append(d.entries, decodeEntry(s, name)) })
		default:
			s.bad = true
		}
	})
	if version == documentVersion {
		d.earlier = s.lines()
	} else {
		s.end()
	}
	switch {
	case version > documentVersion:
		return nil, errNewer
	case s.bad || version == 0:
		return nil, errNoDocument
	}
	d.sort()
	for i, e := range d.entries {
		if !e.valid() || i > 0 && e.name == d.entries[i-1].name {
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
		case "removed":
			s.isTrue()
			e.removed = true
			values++
		case "group":
			e.group = s.strings()
		case "updated":
			e.stamp.updated = s.string()
		case "by":
			e.stamp.by = s.string()
		case "version":
			e.version = s.number()
		default:
			s.bad = true
		}
	})
	s.bad = s.bad || values != 1 || e.version == 0
	return e
}

func (e entry) valid() bool {
	return sources.CheckName(e.name) == nil && sources.CheckValue(e.name, e.value) == nil
}
