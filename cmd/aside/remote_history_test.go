package main

import (
	"regexp"
	"strings"
	"testing"
)

// TestRemoteHistory looks at earlier versions, and brings them back, in every
// store that keeps them.
func TestRemoteHistory(t *testing.T) {
	endpoint := newMoto(t)
	for _, store := range awsStores {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "app: past\nstore: "+store+"\n", awsEnv(endpoint)...)
			for _, value := range []string{"hush1", "hush2", "hush3"} {
				s.must("secret", "set", "Key", value)
				s.must("secret", "set", "Other", value)
			}
			list := strings.Split(s.must("secret", "history", "Key"), "\n")
			line := regexp.MustCompile(`^(\w+) +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\S+ +set(, current)?$`)
			var ids []string
			for i, text := range list[1:4] {
				found := line.FindStringSubmatch(text)
				if found == nil || (found[2] != "") != (i == 0) {
					t.Fatalf("the history is\n%s", strings.Join(list, "\n"))
				}
				ids = append(ids, found[1])
			}
			if len(list) != 5 || !regexp.MustCompile(`^VERSION +WHEN +WHO +WHAT$`).MatchString(list[0]) {
				t.Errorf("the history is\n%s", strings.Join(list, "\n"))
			}
			if got := s.must("secret", "history", "Key", "--json"); strings.Count(got, `"version": "`) != 3 ||
				strings.Count(got, `"current": true`) != 1 || strings.Contains(got, "hush") {
				t.Errorf("as JSON it is\n%s", got)
			}

			if r := s.aside("secret", "rollback", "Key"); r != (result{stderr: "aside: rolled back Key in stage dev\n"}) {
				t.Errorf("%+v", r)
			}
			s.prints("hush2", "secret", "get", "Key")
			s.must("secret", "rollback", "Key", "--to", ids[2])
			s.prints("hush1", "secret", "get", "Key")
			s.prints("hush3", "secret", "get", "Other")

			if r := s.aside("secret", "rollback", "Key", "--to", "nope"); r.code != 1 || !strings.HasPrefix(r.stderr, "aside: "+store+": ") ||
				!strings.HasSuffix(r.stderr, ": version nope not found\n  aside secret history shows which versions there are\n") {
				t.Errorf("%+v", r)
			}
			if r := s.aside("secret", "history", "Never"); r.code != 1 || !strings.Contains(r.stderr, "not found\n") {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestNoHistory(t *testing.T) {
	for _, c := range []struct{ yaml, name string }{
		{"app: past\nstore: sst-local\n", "sst-local"},
		{"app: past\nstore: {exec: [cat, /dev/null]}\n", "exec"},
	} {
		s := newSite(t, c.yaml)
		message := "aside: the store " + c.name + " keeps no earlier versions\n" +
			"  local, awssm, ssm and sst-v2 do, and sst where its home is aws\n"
		s.fails(1, message, "secret", "history", "Key")
		s.fails(1, message, "secret", "rollback", "Key")
	}
}

// TestRemoteGroup sets a secret for several types of stages together, where the
// store can tell that afterwards.
func TestRemoteGroup(t *testing.T) {
	endpoint := newMoto(t)
	for _, store := range []string{"awssm", "ssm"} {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "app: past\nstore: "+store+"\n", awsEnv(endpoint)...)
			s.must("secret", "set", "Key", "hush", "--type", "prod,preview")
			refused := "aside: " + store + ": Key was set for the types preview, production together\n" +
				"  remove it first: aside secret remove Key --type preview,production\n"
			s.fails(1, refused, "secret", "set", "Key", "x", "--type", "production")
			s.fails(1, refused, "secret", "remove", "Key", "--type", "preview")
			s.prints("hush\n", "run", "--no-watch", "--stage", "pr-7", "--", "sh", "-c", `echo "$Key"`)
			s.must("secret", "set", "Key", "new", "--type", "prod,preview")
			s.must("secret", "rollback", "Key", "--type", "preview")
			s.prints("# type production\nKey=hush\n\n# type preview\nKey=hush\n", "secret", "list", "--type", "prod,preview")
			s.must("secret", "remove", "Key", "--type", "preview,production")
			s.must("secret", "set", "Key", "x", "--type", "production")
		})
	}
}
