package history

import (
	"errors"
	"strings"
	"testing"

	"github.com/aside-cli/aside/sources"
)

// list makes versions of their IDs: "3* 2- 1" is the current one, a removal and another.
func list(text string) []sources.Version {
	var list []sources.Version
	for _, id := range strings.Fields(text) {
		v := sources.Version{Current: strings.Contains(id, "*"), Removed: strings.Contains(id, "-")}
		v.ID = strings.Trim(id, "*-")
		list = append(list, v)
	}
	return list
}

func ids(list []sources.Version) string {
	var all []string
	for _, v := range list {
		all = append(all, v.ID)
	}
	return strings.Join(all, " ")
}

func failure(err error) string {
	if err == nil {
		return ""
	}
	return err.Error() + "\n" + sources.HintOf(err)
}

func TestChoose(t *testing.T) {
	const which = "\naside secret history shows which versions there are"
	for _, c := range []struct {
		list, id string
		want     int
		err      string
	}{
		{"3* 2 1", "", 1, ""},
		{"3* 2- 1", "", 2, ""},
		{"3*- 2 1", "", 1, ""},
		{"12* 2 1", "1", 2, ""},
		{"3* 2 1", "3", 0, ""},
		{"1*", "", 0, "earlier version not found\n"},
		{"2* 1-", "", 0, "earlier version not found\n"},
		{"3* 2- 1", "2", 0, "version 2 is its removal\nremove it again, or choose another version"},
		{"12* 11", "1", 0, "version 1 not found" + which},
	} {
		got, err := Choose(list(c.list), c.id)
		if got != c.want || failure(err) != c.err {
			t.Errorf("%s: %q: got %d, %s\nwant %d, %s", c.list, c.id, got, failure(err), c.want, c.err)
		}
		if missing := strings.Contains(c.err, "not found"); errors.Is(err, sources.ErrNotFound) != missing {
			t.Errorf("%s: %q: ErrNotFound %t, want %t", c.list, c.id, !missing, missing)
		}
	}
}

func TestShorten(t *testing.T) {
	for all, want := range map[string]string{
		"":                                    "",
		"null 1234567":                        "null 1234567",
		"0123456789 abcdefghij":               "01234567 abcdefgh",
		"01234567ab abcdefghij 01234567ba":    "01234567ab abcdefgh 01234567ba",
		"01234567ab 01234567 terraform-12345": "01234567ab 01234567 terrafor",
	} {
		before := list(all)
		if got := ids(Shorten(before)); got != want {
			t.Errorf("%s: got %s, want %s", all, got, want)
		}
		if ids(before) != all {
			t.Error("the list itself was changed")
		}
	}
}

func TestComplete(t *testing.T) {
	for _, c := range []struct{ list, id, want, err string }{
		{"abcdef abxyz", "", "", ""},
		{"abcdef abxyz", "abc", "abcdef", ""},
		{"abcdef abc", "abc", "abc", ""},
		{"abcdef abxyz", "z", "z", ""},
		{"abcdef abxyz", "ab", "", "several versions begin with ab\naside secret history shows which versions there are"},
	} {
		got, err := Complete(list(c.list), c.id)
		if got != c.want || failure(err) != c.err {
			t.Errorf("%s: %q: got %q, %s\nwant %q, %s", c.list, c.id, got, failure(err), c.want, c.err)
		}
	}
}
