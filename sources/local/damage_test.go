package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/aside-cli/aside/sources"
)

const (
	planted = "hunter2-planted-value"

	cutText     = ".aside/secrets/dev.age is damaged or cut short"
	noAgeText   = ".aside/secrets/dev.age is no file that age encrypted, or only a piece of one"
	restoreHint = "put back a copy of it that is whole: git checkout -- .aside/secrets/dev.age"
)

// At every length, and with every byte changed, the file is refused, and left
// as it is by those who would have written it.
func TestDamagedFile(t *testing.T) {
	s := newStore(t)
	set(t, s, dev, "A", planted)
	name := s.Paths(dev)[0]
	whole := content(t, name)
	id, err := s.config.identity("")
	must(t, err)
	f, err := s.file(dev)
	must(t, err)

	check := func(damaged []byte, err error) {
		t.Helper()
		if err == nil {
			t.Fatalf("%d of %d bytes were accepted", len(damaged), len(whole))
		}
		text, hint := err.Error(), sources.HintOf(err)
		foreign := strings.HasPrefix(text, ".aside/secrets/dev.age is not encrypted to your key age1")
		if !foreign && (text != cutText && text != noAgeText || hint != restoreHint) {
			t.Fatalf("%d bytes: %q, hint %q", len(damaged), text, hint)
		}
	}
	for n := range whole {
		_, err := f.open(whole[:n], id)
		check(whole[:n], err)
		if got := sources.HintOf(err); got != restoreHint {
			t.Errorf("cut at %d: hint %q", n, got)
		}
	}
	for n := range whole {
		damaged := bytes.Clone(whole)
		damaged[n] ^= 0x20
		_, err := f.open(damaged, id)
		check(damaged, err)
	}
	_, err = f.open(append(bytes.Clone(whole), 'x'), id)
	check(whole, err)

	for _, n := range []int{0, 10, len(whole) / 2, len(whole) - 1} {
		write(t, name, string(whole[:n]))
		_, err := s.Read(t.Context(), dev, fallback)
		check(whole[:n], err)
		check(whole[:n], s.Set(t.Context(), dev, one("A", "2")))
		check(whole[:n], s.Remove(t.Context(), dev, "A"))
		if !bytes.Equal(content(t, name), whole[:n]) {
			t.Errorf("cut at %d: the file was changed", n)
		}
	}
}

func TestFileThatWasNeverEncrypted(t *testing.T) {
	s := newStore(t)
	set(t, s, dev, "A", "1")
	for _, text := range []string{"A=" + planted + "\n", `{"version":1,"secrets":{"A":{"value":"` + planted + `"}}}`,
		"<<<<<<< HEAD\n" + planted, "version https://git-lfs.github.com/spec/v1\n", "\x00"} {
		write(t, s.Paths(dev)[0], text)
		_, err := s.Read(t.Context(), dev)
		wantError(t, err, noAgeText, restoreHint)
	}
}

func TestSharedFileHasNoRepository(t *testing.T) {
	s := newStore(t)
	scope := sources.Scope{Layer: sources.Fallback, Shared: true}
	set(t, s, scope, "A", "1")
	name := s.Paths(scope)[0]
	write(t, name, "x")
	_, err := s.Read(t.Context(), scope)
	wantError(t, err, name+" is no file that age encrypted, or only a piece of one", "put back a copy of it that is whole")
}

func TestForeignDocument(t *testing.T) {
	const (
		noDocument  = ".aside/secrets/dev.age holds no document of aside's"
		wrongSecret = ".aside/secrets/dev.age holds a secret whose name or value is not valid"
		newer       = ".aside/secrets/dev.age was written by a newer version of aside"
	)
	entry := func(fields string) string { return `{"version":1,"secrets":{"A":{` + fields + `}}}` }
	for _, c := range []struct{ name, text, want string }{
		{"nothing", ``, noDocument},
		{"no JSON", planted, noDocument},
		{"a list", `["` + planted + `"]`, noDocument},
		{"no version", `{"secrets":{}}`, noDocument},
		{"version 0", `{"version":0,"secrets":{}}`, noDocument},
		{"newer", `{"version":3,"layers":{"A":"` + planted + `"}}`, newer},
		{"newer, spaced", "{\n  \"version\": 12\n}", newer},
		{"unknown field", `{"version":1,"secrets":{},"x":1}`, noDocument},
		{"unknown field of a secret", entry(`"value":"` + planted + `","version":1,"x":1`), noDocument},
		{"number for a value", entry(`"value":1234567,"version":1`), noDocument},
		{"no value", entry(`"version":1`), noDocument},
		{"two values", entry(`"value":"` + planted + `","base64":"eA==","version":1`), noDocument},
		{"bad base64", entry(`"base64":"` + planted + `","version":1`), noDocument},
		{"no version of a secret", entry(`"value":"` + planted + `"`), noDocument},
		{"negative version", entry(`"value":"x","version":-1`), noDocument},
		{"huge version", entry(`"value":"x","version":99999999999999999999`), noDocument},
		{"cut", entry(`"value":"` + planted + `"`)[:40], noDocument},
		{"two values, one of them gone", entry(`"value":"` + planted + `","removed":true,"version":1`), noDocument},
		{"half removed", entry(`"removed":false,"version":1`), noDocument},
		{"earlier versions in layout 1", `{"version":1,"secrets":{}}` + "\n" + `{"A":{"value":"x","version":1}}` + "\n", noDocument},
		{"earlier versions on no line of their own", `{"version":2,"secrets":{}}{"A":{"value":"x","version":1}}` + "\n", noDocument},
		{"earlier versions, cut", `{"version":2,"secrets":{}}` + "\n" + `{"A":{"value":"x","version":1}}`, noDocument},
		{"more behind", `{"version":1,"secrets":{}}{}`, noDocument},
		{"line end in a string", entry("\"value\":\"a\nb\",\"version\":1"), noDocument},
		{"bad escape", entry(`"value":"\x","version":1`), noDocument},
		{"not UTF-8", entry("\"value\":\"\xff\",\"version\":1"), noDocument},
		{"bad name", `{"version":1,"secrets":{"` + planted + `":{"value":"x","version":1}}}`, wrongSecret},
		{"NUL", entry(`"value":"` + planted + `\u0000","version":1`), wrongSecret},
		{"too long", entry(`"value":"` + strings.Repeat("x", sources.MaxValue+1) + `","version":1`), wrongSecret},
		{"the same name twice", `{"version":1,"secrets":{"A":{"value":"1","version":1},"A":{"value":"2","version":1}}}`, wrongSecret},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t)
			set(t, s, dev, "A", "1")
			id, err := age.ParseIdentities(bytes.NewReader(content(t, s.config.DefaultIdentity)))
			must(t, err)
			foreign := ageFile(t, id[0].(*age.X25519Identity).Recipient(), c.text)
			write(t, s.Paths(dev)[0], string(foreign))
			hint := restoreHint
			if c.want == newer {
				hint = "update aside"
			}
			_, err = s.Read(t.Context(), dev)
			wantError(t, err, c.want, hint)
			wantError(t, s.Set(t.Context(), dev, one("B", "2")), c.want, hint)
			if !bytes.Equal(content(t, s.Paths(dev)[0]), foreign) {
				t.Error("the file was changed")
			}
		})
	}
}

// A document that another program wrote may be laid out freely.
func TestDocumentByHand(t *testing.T) {
	d, err := decode("\n{ \"secrets\" : { \"B\": {\"version\": 7, \"value\": \"\\u00e4\\n\\\"\\ud83d\\udd11\"},\r\n\t\"A\":{\"base64\":\"/w==\",\"version\":1} }, \"recipients\":[ ],\"version\":1}\n")
	must(t, err)
	if len(d.entries) != 2 {
		t.Fatalf("%d entries", len(d.entries))
	}
	a, b := d.entries[0], d.entries[1]
	if a.name != "A" || a.value.Reveal() != "\xff" || a.version != 1 || b.name != "B" || b.value.Reveal() != "ä\n\"🔑" || b.version != 7 {
		t.Errorf("got %q and %q", a.value.Reveal(), b.value.Reveal())
	}
}

// Whatever is done to the file: no panic, and no value in the error.
func FuzzFile(f *testing.F) {
	s := newStore(f)
	set(f, s, dev, "A", planted)
	whole := content(f, s.Paths(dev)[0])
	id, err := s.config.identity("")
	must(f, err)
	at, err := s.file(dev)
	must(f, err)
	f.Add(0, len(whole), []byte{})
	f.Add(30, 31, []byte("\n"))
	f.Add(len(whole)-5, len(whole), []byte("-> X25519 x\n"))
	f.Add(0, len(whole), []byte("A="+planted))
	f.Fuzz(func(t *testing.T, from, to int, with []byte) {
		from, to = max(0, min(from, len(whole))), max(0, min(to, len(whole)))
		if from > to {
			from, to = to, from
		}
		damaged := bytes.Join([][]byte{whole[:from], with, whole[to:]}, nil)
		doc, err := at.open(damaged, id)
		if err == nil {
			if !bytes.Equal(damaged, whole) {
				t.Fatal("a damaged file was accepted")
			}
			if doc.entries[0].value.Reveal() != planted {
				t.Fatal("the value is another one")
			}
			return
		}
		noValueIn(t, err)
	})
}

// The decoder takes nothing that encoding/json does not take as the same, and
// what it takes comes back from the encoder.
func FuzzDocument(f *testing.F) {
	d := &document{recipients: []string{"age1x"}}
	d.set(map[string]sources.Secret{
		"A": sources.NewSecret(planted), "B": sources.NewSecret("\xff"), "C": sources.NewSecret("a\"\\\n\u2028<&>"),
	}, []string{"preview", "production"}, stamp{"2026-01-02T03:04:05Z", "alice@laptop"})
	d.set(map[string]sources.Secret{"A": sources.NewSecret("2")}, nil, stamp{})
	d.remove("C", stamp{})
	f.Add(string(d.encode()))
	f.Add(`{"version":3}`)
	f.Add("{\"version\":2,\"secrets\":{}}\n{\"A\":{\"value\":\"" + planted + "\",\"version\":1}}\n{\"A\":" + planted + "}\n")
	f.Add(` { "version" : 1 , "secrets" : { } } `)
	f.Add(`{"version":1,"secrets":{"` + planted + `":{"value":"` + planted + `","version":1}}}`)
	f.Add(`{"version":1,"secrets":{"A":{"value":"\ud800\u0041","version":1}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := decode(text)
		if err != nil {
			noValueIn(t, err)
			return
		}
		var other struct {
			Secrets map[string]struct {
				Value   *string
				Base64  []byte
				Removed bool
			}
		}
		// What follows the first object are earlier versions.
		must(t, json.NewDecoder(strings.NewReader(text)).Decode(&other))
		got, want := map[string]string{}, map[string]string{}
		for _, e := range d.entries {
			if !e.removed {
				got[e.name] = e.value.Reveal()
			}
			if versions, err := versions(e.name, &document{}, d); err != nil {
				noValueIn(t, err)
			} else if versions[0].version != e.version {
				t.Fatalf("%q: the newest version of %s is %d", text, e.name, versions[0].version)
			}
		}
		for name, e := range other.Secrets {
			if e.Removed {
				continue
			}
			if want[name] = string(e.Base64); e.Value != nil {
				want[name] = *e.Value
			}
		}
		if !maps.Equal(got, want) {
			t.Fatalf("%q: got %q, want %q", text, got, want)
		}
		again, err := decode(string(d.encode()))
		must(t, err)
		if !bytes.Equal(again.encode(), d.encode()) {
			t.Fatalf("%q does not come back", text)
		}
	})
}

// noValueIn knows every text that the decoders may answer with.
func noValueIn(t *testing.T, err error) {
	t.Helper()
	if strings.Contains(err.Error()+sources.HintOf(err), "hunter2") {
		t.Fatalf("a value is in %q", err)
	}
	for _, known := range []error{errNewer, errNoDocument, errWrongSecret} {
		if errors.Is(err, known) {
			return
		}
	}
	if text := err.Error(); text != cutText && text != noAgeText &&
		!strings.HasPrefix(text, ".aside/secrets/dev.age is not encrypted to your key age1") {
		t.Fatalf("unexpected %q", text)
	}
}
