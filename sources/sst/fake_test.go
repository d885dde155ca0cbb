package sst

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/mototest"
)

// A refusal is an answer that is an error, as SSM or S3 puts it.
type refusal struct {
	status        int
	code, message string
}

// A fake is an account with one stage, dev, that holds A=1. It does what moto
// cannot: answer, if it is not nil, may refuse the nth request of an operation.
type fake struct {
	*httptest.Server
	answer func(operation string, n int) *refusal
	cut    int // so many answers with the object break off

	mu         sync.Mutex
	passphrase string
	body       []byte
	etag       int
	made       map[string]int
}

func newFake(t *testing.T, answer func(operation string, n int) *refusal, around ...func(http.ResponseWriter, *http.Request, http.HandlerFunc)) *fake {
	t.Helper()
	f := &fake{answer: answer, passphrase: newPassphrase(), made: map[string]int{}}
	f.body = seal(key(t, f.passphrase), map[string]string{"A": "1"}, false)
	handler := f.serve
	for _, wrap := range around {
		handler = func(w http.ResponseWriter, r *http.Request) { wrap(w, r, f.serve) }
	}
	f.Server = httptest.NewServer(http.HandlerFunc(handler))
	t.Cleanup(f.Close)
	return f
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	name := mototest.Operation(r)
	f.made[name]++
	if f.answer != nil {
		if no := f.answer(name, f.made[name]); no != nil {
			no.write(w, strings.Contains(name, "Object"))
			return
		}
	}
	switch name {
	case "GetParameter":
		value := f.passphrase
		if strings.Contains(string(body), bootstrap) {
			value = `{"state":"` + bucket + `"}`
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		json.NewEncoder(w).Encode(map[string]any{"Parameter": map[string]any{"Value": value}})
	case "GetObject":
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, f.etag))
		w.Header().Set("Content-Length", fmt.Sprint(len(f.body)))
		if f.cut > 0 {
			f.cut--
			w.Write(f.body[:5])
			panic(http.ErrAbortHandler)
		}
		w.Write(f.body)
	case "PutObject":
		f.put(w, r, body)
	}
}

func (f *fake) put(w http.ResponseWriter, r *http.Request, body []byte) {
	if r.Header.Get("If-Match") != fmt.Sprintf(`"%d"`, f.etag) {
		(&refusal{412, "PreconditionFailed", "x"}).write(w, true)
		return
	}
	f.etag++
	f.body = body
}

func (no *refusal) write(w http.ResponseWriter, xml bool) {
	if no.status == 0 { // what was asked for is done, but nobody hears of it
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(no.status)
	if xml {
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", no.code, no.message)
		return
	}
	fmt.Fprintf(w, `{"__type": %q, "message": %q}`, no.code, no.message)
}

// refuse refuses every request of one operation.
func refuse(operation string, no refusal) func(string, int) *refusal {
	return func(name string, _ int) *refusal {
		if name == operation {
			return &no
		}
		return nil
	}
}

// times refuses the first n requests of one operation.
func times(n int, operation string, no refusal) func(string, int) *refusal {
	return func(name string, i int) *refusal {
		if name == operation && i <= n {
			return &no
		}
		return nil
	}
}

func TestFake(t *testing.T) {
	f := newFake(t, nil)
	s := newStore(t, f.URL)
	set(t, s, dev, "B", "2")
	equal(t, "values", show(read(t, s, dev)), "stage A=1\nstage B=2\n")
}

func TestDenied(t *testing.T) {
	t.Parallel()
	const (
		hint = "reading needs ssm:GetParameter on /sst/bootstrap and /sst/passphrase/my-app/*, kms:Decrypt on their key, " +
			"s3:GetObject on secret/my-app/* in the state bucket, and s3:ListBucket on it, without which S3 denies what does not exist"
		user   = "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: "
		object = "s3://" + bucket + "/secret/my-app/dev.json: "
	)
	for name, test := range map[string]struct {
		answer func(string, int) *refusal
		change bool
		want   string
	}{
		"parameter": {refuse("GetParameter", refusal{400, "AccessDeniedException", user + "ssm:GetParameter on resource: x because no policy"}), false,
			": access denied: ssm:GetParameter is not allowed for arn:aws:iam::123456789012:user/ci\n" + hint},
		"key": {func(name string, n int) *refusal {
			if name == "GetParameter" {
				return &refusal{400, "AccessDeniedException", "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access."}
			}
			return nil
		}, false, ": access denied: kms:Decrypt is not allowed\nallow kms:Decrypt in the IAM policy and in the policy of the KMS key"},
		"object": {refuse("GetObject", refusal{403, "AccessDenied", "Access Denied"}), false,
			object + "access denied: s3:GetObject is not allowed\n" + hint},
		"object that is missing": {refuse("GetObject", refusal{403, "AccessDenied", user + "s3:ListBucket on resource: x because no policy"}), false,
			object + "access denied: s3:ListBucket is not allowed for arn:aws:iam::123456789012:user/ci\n" + hint},
		"writing": {refuse("PutObject", refusal{403, "AccessDenied", "Access Denied"}), true,
			object + "access denied: s3:PutObject is not allowed\nallow s3:PutObject in the IAM policy"},
		"expired": {refuse("GetObject", refusal{400, "ExpiredToken", "x"}), false,
			object + "the AWS credentials have expired (ExpiredToken)\nsign in again, for example with aws sso login, or renew AWS_SESSION_TOKEN"},
		"repeats what was sent": {refuse("PutObject", refusal{400, "InvalidRequest", "hunter2"}), true,
			object + "s3:PutObject failed: InvalidRequest\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t, newFake(t, test.answer).URL)
			var err error
			if test.change {
				err = s.Set(t.Context(), dev, pairs("A", "hunter2"))
			} else {
				_, err = s.Read(t.Context(), dev)
			}
			if got := failure(err); !strings.HasPrefix(got, "sst: ") || !strings.HasSuffix(got, test.want) {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
			if errors.Is(err, sources.ErrUnreachable) {
				t.Error("a store that answered no is not unreachable")
			}
			if !test.change && name != "parameter" && name != "key" {
				_, err = s.Version(t.Context(), dev)
				equal(t, "Version", failure(err), "sst: "+test.want)
			}
		})
	}
}

func TestWriteConflicts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(string, int) *refusal
		want   string
	}{
		"412": {times(3, "PutObject", refusal{412, "PreconditionFailed", "x"}), ""},
		"409": {times(3, "PutObject", refusal{409, "ConditionalRequestConflict", "x"}), ""},
		"for ever": {refuse("PutObject", refusal{412, "PreconditionFailed", "x"}),
			"sst: other writers change secret/my-app/dev.json all the time: nothing was set\ntry again in a while"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, test.answer)
			s := newStore(t, f.URL)
			err := s.Set(t.Context(), dev, pairs("B", "2"))
			if test.want != "" {
				equal(t, "error", failure(err), test.want)
				equal(t, "writes", fmt.Sprint(f.made["PutObject"], f.made["GetObject"]), "20 20")
				return
			}
			equal(t, "error", failure(err), "no error")
			equal(t, "writes", fmt.Sprint(f.made["PutObject"], f.made["GetObject"]), "4 4")
			equal(t, "values", show(read(t, s, dev)), "stage A=1\nstage B=2\n")
		})
	}
}

// The answer to a write is lost: what tries again finds it done.
func TestAnswerToWriteIsLost(t *testing.T) {
	for what, change := range map[string]func(*testing.T, *Store) error{
		"Set":    func(t *testing.T, s *Store) error { return s.Set(t.Context(), dev, pairs("A", "2")) },
		"Remove": func(t *testing.T, s *Store) error { return s.Remove(t.Context(), dev, "A") },
	} {
		t.Run(what, func(t *testing.T) {
			lost := false
			f := newFake(t, nil, func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
				serve(w, r)
				if r.Method == http.MethodPut && !lost {
					lost = true
					panic(http.ErrAbortHandler)
				}
			})
			s := newStore(t, f.URL)
			must(t, change(t, s))
			want := map[string]string{"Set": "stage A=2\n", "Remove": ""}[what]
			equal(t, "values", show(read(t, s, dev)), want)
			equal(t, "writes", fmt.Sprint(f.made["PutObject"]), "2")
		})
	}
}

// What passes by itself is tried again.
func TestReadThroughTrouble(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(string, int) *refusal{
		"throttled by SSM": times(2, "GetParameter", refusal{400, "ThrottlingException", "Rate exceeded"}),
		"throttled by S3":  times(2, "GetObject", refusal{503, "SlowDown", "Please reduce your request rate."}),
		"out of order":     times(2, "GetObject", refusal{500, "InternalError", "x"}),
		"no answer":        times(2, "GetObject", refusal{}),
		"cut":              nil,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, answer)
			if answer == nil {
				f.cut = cutAnswers - 1
			}
			equal(t, "values", show(read(t, newStore(t, f.URL), dev)), "stage A=1\n")
		})
	}
	t.Run("always cut", func(t *testing.T) {
		f := newFake(t, nil)
		f.cut = 1000
		_, err := newStore(t, f.URL).Read(t.Context(), dev)
		equal(t, "error", failure(err), "sst: s3://"+bucket+"/secret/my-app/dev.json: "+strings.TrimPrefix(f.URL, "http://")+
			" cannot be reached: the connection was cut\ncheck the network, and endpoint under aws: in aside.yaml and AWS_ENDPOINT_URL")
		if !errors.Is(err, sources.ErrUnreachable) {
			t.Error("not ErrUnreachable")
		}
	})
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	s := newStore(t, gone.URL)
	for what, try := range map[string]func() error{
		"Read":    func() error { _, err := s.Read(t.Context(), dev, fallbacks); return err },
		"Version": func() error { _, err := s.Version(t.Context(), dev); return err },
		"Set":     func() error { return s.Set(t.Context(), dev, pairs("A", "hunter2")) },
		"Remove":  func() error { return s.Remove(t.Context(), dev, "A") },
	} {
		err := try()
		if !errors.Is(err, sources.ErrUnreachable) {
			t.Errorf("%s: not ErrUnreachable", what)
		}
		if got := failure(err); !strings.HasSuffix(got, strings.TrimPrefix(gone.URL, "http://")+" cannot be reached: connection refused\n"+
			"check the network, and endpoint under aws: in aside.yaml and AWS_ENDPOINT_URL") {
			t.Errorf("%s: %s", what, got)
		}
	}
}

// All requests but those for the objects, which need to know the bucket, are
// made at once; and then those are.
func TestReadAtOnce(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{}
	arrived := sync.NewCond(&mu)
	f := newFake(t, nil, func(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
		want := map[string]int{"GetParameter": 3, "GetObject": 2}[mototest.Operation(r)]
		deadline := time.AfterFunc(time.Minute, func() {
			t.Errorf("%s: one request waited for another", mototest.Operation(r))
			mu.Lock()
			defer mu.Unlock()
			asked[mototest.Operation(r)] = want
			arrived.Broadcast()
		})
		mu.Lock()
		asked[mototest.Operation(r)]++
		arrived.Broadcast()
		for asked[mototest.Operation(r)] < want {
			arrived.Wait()
		}
		mu.Unlock()
		deadline.Stop()
		serve(w, r)
	})
	s := newStore(t, f.URL, func(c *Config) { c.AWS.Timeout = 2 * time.Minute })
	equal(t, "values", show(read(t, s, dev, fallbacks)), "stage A=1\nfallback A=1\n")
}

// A reader between the first passphrase and the first object asks again.
func TestFirstSecretWhileReading(t *testing.T) {
	f := newFake(t, func(name string, n int) *refusal {
		if name == "GetParameter" && n == 1 {
			return &refusal{400, "ParameterNotFound", ""}
		}
		return nil
	})
	s := newStore(t, f.URL)
	s.aws.bucket = bucket
	equal(t, "values", show(read(t, s, dev)), "stage A=1\n")
}
