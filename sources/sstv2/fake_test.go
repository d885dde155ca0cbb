package sstv2

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aside-cli/aside/sources"
	"github.com/aside-cli/aside/sources/mototest"
)

// A request is what the fake is asked, as far as it looks at it.
type request struct {
	Path, Name, Value, Tier, NextToken string
	WithDecryption                     bool
}

// A refusal is an answer that is an error.
type refusal struct {
	status        int
	code, message string
}

type object = map[string]any

// fake answers as AWS does in what moto cannot: answer returns a refusal or
// an object for the nth request of all. It is asked by one request at a time.
func fake(t *testing.T, answer func(n int, operation string, r request) any) *mototest.Counter {
	t.Helper()
	var mu sync.Mutex
	n := 0
	return mototest.NewCounter(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in request
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			if r.Context().Err() == nil { // the store may have given up, when another request failed
				t.Errorf("%s: %v", mototest.Operation(r), err)
			}
			return
		}
		mu.Lock()
		defer mu.Unlock()
		n++
		out := answer(n, mototest.Operation(r), in)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if no, ok := out.(refusal); ok {
			w.WriteHeader(no.status)
			out = object{"__type": no.code, "message": no.message}
		}
		json.NewEncoder(w).Encode(out)
	}))
}

func page(next string, namesAndValues ...string) object {
	var parameters []object
	for i := 0; i < len(namesAndValues); i += 2 {
		parameters = append(parameters, object{"Name": namesAndValues[i], "Value": namesAndValues[i+1], "Version": 1})
	}
	out := object{"Parameters": parameters}
	if next != "" {
		out["NextToken"] = next
	}
	return out
}

// A value that is small again leaves the advanced tier by way of its removal.
func TestSetLeavesAdvancedTier(t *testing.T) {
	const said = "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier " +
		"to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter."
	const path = "/sst/my-app/dev/Secret/A/value"
	for name, test := range map[string]struct {
		delete, again  any
		want, requests string
	}{
		"done":                {object{}, object{}, "no error", "DeleteParameter:1 PutParameter:2"},
		"gone meanwhile":      {refusal{400, "ParameterNotFound", ""}, object{}, "no error", "DeleteParameter:1 PutParameter:2"},
		"not allowed":         {refusal{400, "AccessDeniedException", "x"}, object{}, "sst-v2: " + path + ": access denied: ssm:DeleteParameter is not allowed\nallow ssm:DeleteParameter in the IAM policy", "DeleteParameter:1 PutParameter:1"},
		"could not be put":    {object{}, refusal{400, "AccessDeniedException", "x"}, "sst-v2: " + path + ": access denied: ssm:PutParameter is not allowed: it was removed to leave the advanced tier, and could not be set again\nset it again", "DeleteParameter:1 PutParameter:2"},
		"something else then": {object{}, refusal{400, "ValidationException", "hunter2"}, "sst-v2: " + path + ": ssm:PutParameter failed: ValidationException: it was removed to leave the advanced tier, and could not be set again\nset it again", "DeleteParameter:1 PutParameter:2"},
	} {
		t.Run(name, func(t *testing.T) {
			server := fake(t, func(n int, operation string, r request) any {
				switch {
				case operation == "DeleteParameter":
					return test.delete
				case r.Tier != "Standard" || r.Name != path || r.Value != "hunter2":
					t.Errorf("asked for %+v", r)
					return object{}
				case n == 1:
					return refusal{400, "ValidationException", said}
				}
				return test.again
			})
			err := newStore(t, server.URL).Set(t.Context(), dev, pairs("A", "hunter2"))
			equal(t, "error", failure(err), test.want)
			equal(t, "requests", server.Take(), test.requests)
		})
	}
}

func TestDenied(t *testing.T) {
	const user = "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: "
	for name, test := range map[string]struct{ said, want string }{
		"path": {user + "ssm:GetParametersByPath on resource: x because no policy",
			": access denied: ssm:GetParametersByPath is not allowed for arn:aws:iam::123456789012:user/ci\n" +
				"reading needs ssm:GetParametersByPath on parameter/sst/my-app/*, and kms:Decrypt on the key"},
		"key": {user + "kms:Decrypt on resource: x because no policy",
			": access denied: kms:Decrypt is not allowed for arn:aws:iam::123456789012:user/ci\n" +
				"allow kms:Decrypt in the IAM policy and in the policy of the KMS key"},
	} {
		t.Run(name, func(t *testing.T) {
			server := fake(t, func(_ int, _ string, r request) any {
				if strings.HasSuffix(r.Path, "/Secret") {
					return refusal{400, "AccessDeniedException", test.said}
				}
				return object{}
			})
			s := newStore(t, server.URL)
			values, err := s.Read(t.Context(), dev)
			equal(t, "Read", failure(err), "sst-v2: /sst/my-app/dev/Secret"+test.want)
			if values != nil {
				t.Error("values in spite of an error")
			}
			_, err = s.Version(t.Context(), dev)
			equal(t, "Version", failure(err), "sst-v2: /sst/my-app/dev/Secret"+test.want)
			if errors.Is(err, sources.ErrUnreachable) {
				t.Error("a store that answered no is not unreachable")
			}
		})
	}
}

// What passes by itself is tried again, and pages may be empty.
func TestReadThroughTrouble(t *testing.T) {
	server := fake(t, func(n int, _ string, r request) any {
		if !r.WithDecryption {
			t.Error("asked for without decryption")
		}
		switch {
		case n == 2:
			return refusal{400, "ThrottlingException", "Rate exceeded"}
		case n == 4:
			return refusal{500, "InternalServerError", "x"}
		case r.NextToken == "":
			return page("1")
		case r.NextToken == "1":
			return page("2", "/sst/my-app/.fallback/Secret/A/value", "1")
		}
		return page("", "/sst/my-app/.fallback/Secret/B/value", "2")
	})
	equal(t, "values", show(read(t, newStore(t, server.URL), fallback)), "fallback A=1\nfallback B=2\n")
	equal(t, "requests", server.Take(), "GetParametersByPath:5")
}

// Nothing of a read that fails in its middle may be used.
func TestReadAllOrNothing(t *testing.T) {
	for name, test := range map[string]struct {
		second any
		want   string
	}{
		"expired": {refusal{400, "ExpiredTokenException", "x"}, "sst-v2: /sst/my-app/.fallback/Secret: the AWS credentials have expired (ExpiredTokenException)\n" +
			"sign in again, for example with aws sso login, or renew AWS_SESSION_TOKEN"},
		"same page again": {page("1", "/sst/my-app/.fallback/Secret/A/value", "1"),
			"sst-v2: /sst/my-app/.fallback/Secret: ssm:GetParametersByPath gives the same page again and again\n" +
				"this is a fault of the endpoint: try again, and check endpoint under aws: in aside.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			server := fake(t, func(n int, _ string, _ request) any {
				if n == 1 {
					return page("1", "/sst/my-app/.fallback/Secret/A/value", "1")
				}
				return test.second
			})
			values, err := newStore(t, server.URL).Read(t.Context(), fallback)
			equal(t, "error", failure(err), test.want)
			if values != nil {
				t.Error("values in spite of an error")
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	s := newStore(t, gone.URL)
	want := strings.TrimPrefix(gone.URL, "http://") + " cannot be reached: connection refused%s\n" +
		"check the network, and endpoint under aws: in aside.yaml and AWS_ENDPOINT_URL"
	for what, try := range map[string]func() error{
		"Read":    func() error { _, err := s.Read(t.Context(), fallback); return err },
		"Version": func() error { _, err := s.Version(t.Context(), fallback); return err },
		"Set":     func() error { return s.Set(t.Context(), dev, pairs("A", "hunter2", "B", "2")) },
		"Remove":  func() error { return s.Remove(t.Context(), dev, "A") },
	} {
		err := try()
		if !errors.Is(err, sources.ErrUnreachable) {
			t.Errorf("%s: not ErrUnreachable", what)
		}
		counted := ""
		if what == "Set" {
			counted = " (0 of 2 were set)"
		}
		if got := failure(err); !strings.HasSuffix(got, fmt.Sprintf(want, counted)) {
			t.Errorf("%s: %s", what, got)
		}
	}
}
