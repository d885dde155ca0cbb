package awssm

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aside-cli/aside/sources"
)

// many are secrets called N00, N01 and so on.
func many(n int) map[string]sources.Secret {
	secrets := map[string]sources.Secret{}
	for i := range n {
		secrets[fmt.Sprintf("N%02d", i)] = sources.NewSecret("hunter2")
	}
	return secrets
}

// What was set and what was not is told. Names are patterns here.
func TestSetManyFails(t *testing.T) {
	missing, no := refusal{400, "ResourceNotFoundException", "x"}, refusal{400, "AccessDeniedException", "x"}
	const noCreate = `: access denied: secretsmanager:CreateSecret is not allowed`
	refused := make(chan bool)
	for _, test := range []struct {
		name   string
		n      int
		create func(name string) any // nil if looking fails already
		want   string
	}{
		{"before anything is written", 3, nil,
			`^awssm: APP/dev/N0[0-2]: access denied: secretsmanager:DescribeSecret is not allowed \(nothing was set\)$`},
		{"all", 2, func(string) any { return no },
			`^awssm: APP/dev/N0[01]` + noCreate + ` \(not set: APP/dev/N00, APP/dev/N01\)$`},
		{"one while another is under way", 2, func(name string) any {
			if name == "N01" {
				defer close(refused)
				return no
			}
			<-refused
			time.Sleep(50 * time.Millisecond) // the refusal is quite certainly there before
			return object{}
		}, `^awssm: APP/dev/N01` + noCreate + ` \(set: APP/dev/N00; not set: APP/dev/N01\)$`},
		{"in the middle of many", 60, func(name string) any {
			if name == "N50" {
				return no
			}
			return object{}
		}, `^awssm: APP/dev/N50` + noCreate + ` \(set: APP/dev/N00, APP/dev/N01, APP/dev/N02, APP/dev/N03, APP/dev/N04 and \d+ more; ` +
			`not set: APP/dev/N50.*\)$`},
		{"without an answer", 2, func(name string) any {
			if name == "N01" {
				return refusal{500, "InternalServiceError", "x"}
			}
			return object{}
		}, `^awssm: APP/dev/N01: .* is out of order \(InternalServiceError\) \(set: APP/dev/N00; perhaps not set: APP/dev/N01\)$`},
	} {
		t.Run(test.name, func(t *testing.T) {
			app := appName(t)
			server := fake(t, func(operation string, r request) any {
				switch {
				case test.create == nil:
					return no
				case operation == "DescribeSecret":
					return missing
				}
				return test.create(strings.TrimPrefix(r.Name, app+"/dev/"))
			})
			err := newStore(t, server.URL).Set(t.Context(), dev, many(test.n))
			want := strings.ReplaceAll(test.want, "APP", regexp.QuoteMeta(app))
			if err == nil || !regexp.MustCompile(want).MatchString(err.Error()) {
				t.Errorf("got %v\nwant %s", err, want)
			}
		})
	}
}

// Secrets are set several at a time, but no more than writers.
func TestSetMany(t *testing.T) {
	var mu sync.Mutex
	now, most := 0, 0
	full := make(chan bool)
	server := fake(t, func(operation string, _ request) any {
		mu.Lock()
		now++
		if now > most {
			if most = now; most == writers {
				close(full)
			}
		}
		mu.Unlock()
		select {
		case <-full:
		case <-time.After(time.Minute):
			t.Error("they are set one after the other")
		}
		mu.Lock()
		now--
		mu.Unlock()
		if operation == "DescribeSecret" {
			return refusal{400, "ResourceNotFoundException", "x"}
		}
		return object{}
	})
	s := newStore(t, server.URL, func(c *Config) { c.AWS.Timeout = 2 * time.Minute })
	if err := s.Set(t.Context(), dev, many(100)); err != nil {
		t.Fatal(err)
	}
	if most > writers {
		t.Errorf("%d at a time, want %d", most, writers)
	}
	equal(t, "requests", server.Take(), "CreateSecret:100 DescribeSecret:100")
}
