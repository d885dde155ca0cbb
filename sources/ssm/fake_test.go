package ssm

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/mototest"
)

// A request is what the fake is asked, as far as it looks at it.
type request struct {
	Path             string
	NextToken        string
	MaxResults       int
	WithDecryption   bool
	ParameterFilters []struct {
		Key, Option string
		Values      []string
	}
	Name, Value, Tier, Type string
	Overwrite               bool
}

// A refusal is an answer that is an error.
type refusal struct {
	status        int
	code, message string
}

type object = map[string]any

// fake answers as AWS does in what moto cannot: answer returns a refusal or
// an object for an operation.
func fake(t *testing.T, answer func(operation string, r request) any) *mototest.Counter {
	t.Helper()
	return mototest.NewCounter(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in request
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			if r.Context().Err() == nil { // the store may have given up, when another request failed
				t.Errorf("%s: %v", mototest.Operation(r), err)
			}
			return
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		out := answer(mototest.Operation(r), in)
		if no, ok := out.(refusal); ok {
			w.WriteHeader(no.status)
			out = object{"__type": no.code, "message": no.message}
		}
		json.NewEncoder(w).Encode(out)
	}))
}

func parameterOf(name, value string) object {
	return object{"Name": name, "Value": value, "Version": 1, "Type": "SecureString"}
}

func TestReadFails(t *testing.T) {
	const (
		notAllowed = "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: ssm:GetParametersByPath on resource: arn:aws:ssm:eu-central-1:123456789012:parameter/a/dev/ because no identity-based policy allows it"
		again      = "sign in again, for example with aws sso login, or renew AWS_SESSION_TOKEN"
		fault      = "this is a fault of the endpoint: try again, and check endpoint under aws: in aside.yaml"
	)
	for name, test := range map[string]struct {
		second any // answer to the second page of the second scope
		want   string
	}{
		"denied": {refusal{400, "AccessDeniedException", notAllowed},
			"access denied: ssm:GetParametersByPath is not allowed for arn:aws:iam::123456789012:user/ci\n" +
				"reading needs ssm:GetParametersByPath on parameter/a/* and parameter/_shared/*, and watching ssm:DescribeParameters on *"},
		"denied by KMS": {refusal{400, "AccessDeniedException", "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access."},
			"access denied: kms:Decrypt is not allowed\nallow kms:Decrypt in the IAM policy and in the policy of the KMS key"},
		"key disabled": {refusal{400, "InvalidKeyId", "x"}, "the KMS key cannot be used (InvalidKeyId)\ncheck that the key exists, is enabled, and lets you use it"},
		"expired":      {refusal{400, "ExpiredTokenException", "x"}, "the AWS credentials have expired (ExpiredTokenException)\n" + again},
		"same page":    {object{"Parameters": []any{}, "NextToken": "1"}, "ssm:GetParametersByPath gives the same page again and again\n" + fault},
	} {
		t.Run(name, func(t *testing.T) {
			server := fake(t, func(_ string, r request) any {
				if r.Path == "/a/dev" && r.NextToken != "" {
					return test.second
				}
				return object{"Parameters": []any{parameterOf(r.Path+"/A", "1")}, "NextToken": strings.Repeat("1", strings.Count(r.Path, "dev"))}
			})
			values, err := newStore(t, server.URL, func(c *Config) { c.App = "a" }).Read(t.Context(), fallback, dev)
			equal(t, "error", failure(err), "ssm: /a/dev: "+test.want)
			if values != nil {
				t.Error("values in spite of an error")
			}
			if errors.Is(err, sources.ErrUnreachable) {
				t.Error("a store that answered no is not unreachable")
			}
		})
	}
}

// What passes by itself is tried again, and pages may be empty or short.
func TestReadThroughTrouble(t *testing.T) {
	var asked atomic.Int64
	server := fake(t, func(_ string, r request) any {
		if !r.WithDecryption || r.MaxResults != 10 {
			t.Errorf("asked %+v", r)
		}
		switch asked.Add(1) {
		case 2:
			return refusal{400, "ThrottlingException", "Rate exceeded"}
		case 4:
			return refusal{500, "InternalServerError", "x"}
		}
		page, _ := strconv.Atoi(r.NextToken)
		switch page {
		case 0:
			return object{"NextToken": "1"}
		case 9:
			return object{"Parameters": []any{parameterOf(r.Path+"/LAST", "1")}}
		}
		return object{"Parameters": []any{parameterOf(fmt.Sprintf("%s/A%d", r.Path, page), "1")}, "NextToken": strconv.Itoa(page + 1)}
	})
	values := read(t, newStore(t, server.URL), dev)
	if len(values) != 9 || values[8].Name != "LAST" {
		t.Errorf("got %s", show(values))
	}
	equal(t, "requests", server.Take(), "GetParametersByPath:12")
}

// The scopes are read beside each other.
func TestReadConcurrently(t *testing.T) {
	all := make(chan bool, 3)
	server := fake(t, func(string, request) any {
		all <- true
		for deadline := time.Now().Add(time.Minute); len(all) < 3; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Error("one scope waited for another")
				break
			}
		}
		return object{}
	})
	s := newStore(t, server.URL, func(c *Config) { c.AWS.Timeout = 2 * time.Minute })
	if values := read(t, s, dev, fallback, sharedFallback); len(values) != 0 {
		t.Errorf("got %s", show(values))
	}
}

func TestUnreachable(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	s := newStore(t, gone.URL)
	path := "/" + appName(t) + "/dev"
	want := strings.TrimPrefix(gone.URL, "http://") + " cannot be reached: connection refused\n" +
		"check the network, and endpoint under aws: in aside.yaml and AWS_ENDPOINT_URL"
	_, err := s.Read(t.Context(), dev)
	equal(t, "Read", failure(err), "ssm: "+path+": "+want)
	if !errors.Is(err, sources.ErrUnreachable) {
		t.Error("Read: not ErrUnreachable")
	}
	_, err = s.Version(t.Context(), dev)
	equal(t, "Version", failure(err), "ssm: "+want)
	err = s.Set(t.Context(), dev, map[string]sources.Secret{"A": sources.NewSecret("hunter2"), "B": sources.NewSecret("x")})
	if err == nil || !errors.Is(err, sources.ErrUnreachable) || !strings.HasSuffix(err.Error(), "connection refused (0 of 2 were set)") {
		t.Errorf("Set: %s", failure(err))
	}
	err = s.Remove(t.Context(), dev, "A")
	equal(t, "Remove", failure(err), "ssm: "+path+"/A: "+want)
}

// Nothing of an answer that ends in its middle may be used.
func TestReadCut(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, `{"Parameters": [{"Name": "/`+appName(t)+`/dev/A", "Value": "1"}`)
	}))
	defer server.Close()
	values, err := newStore(t, server.URL).Read(t.Context(), dev)
	equal(t, "error", failure(err), "ssm: /"+appName(t)+"/dev: "+strings.TrimPrefix(server.URL, "http://")+" cannot be reached: the connection was cut\n"+
		"check the network, and endpoint under aws: in aside.yaml and AWS_ENDPOINT_URL")
	if values != nil || !errors.Is(err, sources.ErrUnreachable) {
		t.Errorf("values %s, error %v", show(values), err)
	}
}

func TestSetFails(t *testing.T) {
	invalid := refusal{400, "ValidationException", "Value hunter2 is no good"}
	for name, test := range map[string]struct {
		value          string
		put, described any
		want, requests string
	}{
		"denied": {"hunter2", refusal{400, "AccessDeniedException", "User: u is not authorized to perform: ssm:PutParameter on resource: x"}, nil,
			"access denied: ssm:PutParameter is not allowed for u\nallow ssm:PutParameter in the IAM policy", "PutParameter:1"},
		"denied by KMS": {"hunter2", refusal{400, "AccessDeniedException", "The ciphertext refers to a customer master key"}, nil,
			"access denied: kms:GenerateDataKey is not allowed\nallow kms:GenerateDataKey in the IAM policy and in the policy of the KMS key", "PutParameter:1"},
		"refused": {"hunter2", invalid, object{"Parameters": []any{object{"Name": "/a/dev/A", "Tier": "Standard"}}},
			"ssm:PutParameter failed: ValidationException\n", "DescribeParameters:1 PutParameter:1"},
		"refused, and no looking": {"hunter2", invalid, refusal{400, "AccessDeniedException", "x"},
			"ssm:PutParameter failed: ValidationException\n", "DescribeParameters:1 PutParameter:1"},
		"nested": {"{{hunter2}}", invalid, object{},
			"ssm:PutParameter failed: ValidationException\nParameter Store takes no value with {{ in it: encode it, with base64 for example", "DescribeParameters:1 PutParameter:1"},
		"plain": {"hunter2", refusal{400, "HierarchyTypeMismatchException", "hunter2"}, nil,
			"ssm:PutParameter failed: HierarchyTypeMismatchException\nthe parameter is there and no SecureString: remove the secret, and set it again", "PutParameter:1"},
		"two at once": {"hunter2", refusal{400, "TooManyUpdates", "hunter2"}, nil,
			"ssm:PutParameter failed: TooManyUpdates\nsomeone else is setting it: try again", "PutParameter:1"},
	} {
		t.Run(name, func(t *testing.T) {
			server := fake(t, func(operation string, _ request) any {
				return map[string]any{"PutParameter": test.put, "DescribeParameters": test.described}[operation]
			})
			s := newStore(t, server.URL, func(c *Config) { c.App = "a" })
			err := s.Set(t.Context(), dev, map[string]sources.Secret{"A": sources.NewSecret(test.value)})
			equal(t, "error", failure(err), "ssm: /a/dev/A: "+test.want)
			equal(t, "requests", server.Take(), test.requests)
		})
	}
}

// A parameter of the Advanced tier cannot become a Standard one again.
func TestSetSmallerThanBefore(t *testing.T) {
	var stored atomic.Value
	server := fake(t, func(operation string, r request) any {
		switch {
		case operation == "DescribeParameters":
			if f := r.ParameterFilters[0]; f.Key != "Name" || f.Option != "Equals" || f.Values[0] != "/a/dev/A" {
				t.Errorf("asked %+v", r)
			}
			return object{"Parameters": []any{object{"Name": "/a/dev/A", "Tier": "Advanced"}}}
		case operation != "PutParameter" || !r.Overwrite || r.Type != "SecureString":
			t.Errorf("asked %s %+v", operation, r)
		case r.Tier == "Standard":
			return refusal{400, "ValidationException", "You can't downgrade a parameter"}
		}
		stored.Store(r.Tier + " " + r.Value)
		return object{"Version": 2}
	})
	s := newStore(t, server.URL, func(c *Config) { c.App = "a" })
	set(t, s, dev, "A", "short")
	equal(t, "stored", fmt.Sprint(stored.Load()), "Advanced short")
	equal(t, "requests", server.Take(), "DescribeParameters:1 PutParameter:2")
}

// A listing answers DescribeParameters with pages as AWS's are.
type listing struct {
	list []object
	page func(from int) int // how many parameters come after from; nil: 50
	fail map[string]any     // what is answered to a token instead
}

func (l *listing) add(n int, path string) {
	for i := range n {
		l.list = append(l.list, object{"Name": fmt.Sprintf("%s/N%03d", path, i), "Version": 1, "LastModifiedDate": 1000 + i})
	}
}

func (l *listing) change(name string) {
	for _, o := range l.list {
		if o["Name"] == name {
			o["Version"] = o["Version"].(int) + 1
		}
	}
}

func (l *listing) serve(t *testing.T) *mototest.Counter {
	return fake(t, func(operation string, r request) any {
		f := r.ParameterFilters[0]
		if operation != "DescribeParameters" || r.MaxResults != 50 || f.Key != "Path" || f.Option != "OneLevel" {
			t.Errorf("asked %s %+v", operation, r)
		}
		if out, ok := l.fail[r.NextToken]; ok {
			return out
		}
		from, _ := strconv.Atoi(r.NextToken)
		size := 50
		if l.page != nil {
			size = l.page(from)
		}
		to := min(from+size, len(l.list))
		out := object{"Parameters": l.list[from:to]}
		if to < len(l.list) {
			out["NextToken"] = strconv.Itoa(to)
		}
		return out
	})
}

// A poller asks for versions and tells what came of it.
type poller struct {
	*Store
	server *mototest.Counter
	last   string
}

func (p *poller) step(t *testing.T, what string, changed bool, requests int) {
	t.Helper()
	v := version(t, p.Store, dev, fallback)
	if (v != p.last) != changed {
		t.Errorf("%s: changed %t, want %t", what, v != p.last, changed)
	}
	p.last = v
	equal(t, what+": requests", p.server.Take(), fmt.Sprintf("DescribeParameters:%d", requests))
}

// With the pages that AWS gives, 100 secrets cost two requests a poll, and
// more of them do too.
func TestVersionOfManySecrets(t *testing.T) {
	l := &listing{}
	l.add(100, "/a/dev")
	server := l.serve(t)
	p := &poller{newStore(t, server.URL, func(c *Config) { c.App = "a" }), server, ""}
	p.step(t, "first", true, 2)
	p.step(t, "quiet", false, 2)
	l.change("/a/dev/N099")
	p.step(t, "put", true, 2)

	l.add(150, "/a/_fallback")
	p.step(t, "many created behind us", false, 2)
	p.step(t, "seen", true, 3)
	p.step(t, "quiet", false, 2)
	l.change("/a/dev/N000")
	p.step(t, "changed before", false, 2)
	p.step(t, "the end of the list", false, 1)
	p.step(t, "seen, and the rest listed at once", true, 5)
	l.change("/a/_fallback/N149")
	p.step(t, "changed far behind", false, 2)
	p.step(t, "nearer", false, 2)
	p.step(t, "seen", true, 1)
	l.list = append(l.list[:10], l.list[11:]...)
	p.step(t, "removed", false, 2)
	p.step(t, "not known yet", false, 2)
	p.step(t, "known at the end of the list", true, 1)
	l.add(1, "/a/dev2")
	l.add(1, "/a/dev/sub")
	for _, requests := range []int{2, 2, 2} {
		p.step(t, "what is not ours", false, requests)
	}
}

// Where AWS filters a large account page by page, most pages are short; a
// sweep still ends after ten calls.
func TestVersionOfShortPages(t *testing.T) {
	l := &listing{page: func(int) int { return 1 }}
	l.add(60, "/a/dev")
	server := l.serve(t)
	p := &poller{newStore(t, server.URL, func(c *Config) { c.App = "a" }), server, ""}
	p.step(t, "first", true, 60)
	l.change("/a/dev/N059")
	for range 9 {
		p.step(t, "on the way", false, 6)
	}
	p.step(t, "seen", true, 6)
}

func TestVersionFails(t *testing.T) {
	l := &listing{}
	l.add(150, "/a/dev")
	server := l.serve(t)
	p := &poller{newStore(t, server.URL, func(c *Config) { c.App = "a" }), server, ""}
	fails := func(what, want string) {
		t.Helper()
		_, err := p.Version(t.Context(), dev, fallback)
		equal(t, what, failure(err), "ssm: "+want)
		server.Take()
	}
	const denied = "access denied: ssm:DescribeParameters is not allowed\n" +
		"reading needs ssm:GetParametersByPath on parameter/a/* and parameter/_shared/*, and watching ssm:DescribeParameters on *"
	l.fail = map[string]any{"50": refusal{400, "AccessDeniedException", "x"}}
	fails("in the middle of the first sweep", denied)
	l.fail = nil
	p.step(t, "all of it", true, 3)
	p.step(t, "quiet", false, 2)
	l.fail = map[string]any{"100": refusal{400, "InvalidNextToken", "the token has expired"}}
	fails("a token that is no longer good", "ssm:DescribeParameters failed: InvalidNextToken: the token has expired\n")
	l.change("/a/dev/N000")
	l.fail = nil
	p.step(t, "from the start again", true, 3)
	p.step(t, "quiet", false, 2)
	l.fail = map[string]any{"100": object{"NextToken": "100"}}
	fails("same page", "ssm:DescribeParameters gives the same page again and again\n"+
		"this is a fault of the endpoint: try again, and check endpoint under aws: in aside.yaml")
	l.fail = nil
	p.step(t, "well again", false, 2)
	if v := version(t, p.Store, dev); v == "" {
		t.Error("no version")
	}
	equal(t, "requests for another list of scopes", server.Take(), "DescribeParameters:3")
}
