package awssm

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
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
	Filters                []struct{ Values []string }
	SecretIdList           []string
	Name, SecretId         string
	NextToken              string
	SortBy, SortOrder      string
	MaxResults             int
	IncludePlannedDeletion bool
}

// A refusal is an answer that is an error.
type refusal struct {
	status        int
	code, message string
}

var denied = refusal{400, "AccessDeniedException", "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: secretsmanager:ListSecrets because no identity-based policy allows it"}

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

func secret(name, value string) object {
	return object{"Name": name, "SecretString": value, "VersionId": "11112222-3333"}
}

func failed(id, code, message string) object {
	return object{"SecretId": id, "ErrorCode": code, "Message": message}
}

func TestReadSecretsThatFail(t *testing.T) {
	const (
		notAllowed = "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: secretsmanager:GetSecretValue on resource: x"
		noKMS      = "Access to KMS is not allowed"
		arn        = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:"
	)
	for _, test := range []struct {
		name   string
		failed []any
		want   string // of the error; "" where the rest is read
	}{
		{"deleted meanwhile", []any{failed("APP/dev/B", "ResourceNotFoundException", "x")}, ""},
		{"scheduled for deletion", []any{failed(arn+"APP/dev/B-AbCdEf", "InvalidRequestException", "x")}, ""},
		{"of another stage", []any{failed("APP/dev2/B", "AccessDeniedException", notAllowed), failed("APP/dev/sub/B", "AccessDeniedException", notAllowed)}, ""},
		{"denied", []any{failed(arn+"APP/dev/C-AbCdEf", "AccessDeniedException", notAllowed), failed("APP/dev/B", "AccessDeniedException", notAllowed)},
			"awssm: APP/dev/B, APP/dev/C: access denied: secretsmanager:GetSecretValue is not allowed for arn:aws:iam::123456789012:user/ci\n" +
				"allow secretsmanager:GetSecretValue in the IAM policy"},
		{"denied by KMS", []any{failed("APP/dev/B", "AccessDeniedException", noKMS)},
			"awssm: APP/dev/B: access denied: kms:Decrypt is not allowed\n" +
				"allow kms:Decrypt in the IAM policy and in the policy of the KMS key"},
		{"key disabled", []any{failed("APP/dev/B", "DecryptionFailure", "x")},
			"awssm: APP/dev/B: the KMS key cannot be used (DecryptionFailure)\n" +
				"check that the key exists, is enabled, and lets you use it"},
		{"many", []any{failed("APP/dev/G", "X", "y"), failed("APP/dev/F", "X", "y"), failed("APP/dev/E", "X", "y"), failed("APP/dev/D", "X", "y"),
			failed("APP/dev/C", "X", "y"), failed("APP/dev/B", "X", "y"), failed("APP/dev/H", "Z", "y")},
			"awssm: APP/dev/B, APP/dev/C, APP/dev/D, APP/dev/E, APP/dev/F and 1 more: secretsmanager:GetSecretValue failed: X: y\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := fake(t, func(_ string, r request) any {
				if r.SecretIdList != nil {
					return object{}
				}
				text, err := json.Marshal(object{"SecretValues": []any{secret("APP/dev/A", "1")}, "Errors": test.failed})
				if err != nil {
					t.Error(err)
				}
				return json.RawMessage(strings.ReplaceAll(string(text), "APP", appName(t)))
			})
			values, err := newStore(t, server.URL).Read(t.Context(), dev, fallback)
			if test.want == "" {
				equal(t, "values", show(values), "stage A=1\n")
				equal(t, "error", failure(err), "no error")
				return
			}
			equal(t, "error", failure(err), strings.ReplaceAll(test.want, "APP", appName(t)))
			if values != nil {
				t.Error("values in spite of an error")
			}
		})
	}
}

// A policy for APP/dev/* alone denies to ask for a JSON object APP/dev, be
// there one or not.
func TestReadObjectDenied(t *testing.T) {
	for _, there := range []bool{false, true} {
		t.Run(strconv.FormatBool(there), func(t *testing.T) {
			app := appName(t)
			server := fake(t, func(operation string, r request) any {
				switch {
				case operation == "ListSecrets" && there:
					return object{"SecretList": []any{listed(app+"/dev", 1)}}
				case operation == "ListSecrets":
					return object{"SecretList": []any{listed(app+"/dev2", 1)}}
				case r.SecretIdList != nil:
					return object{"Errors": []any{failed(app+"/dev", "AccessDeniedException", "no")}}
				}
				return object{"SecretValues": []any{secret(app+"/dev/A", "1")}}
			})
			values, err := newStore(t, server.URL).Read(t.Context(), dev)
			want, wantErr := "stage A=1\n", "no error"
			if there {
				want = ""
				wantErr = "awssm: " + app + "/dev: access denied: secretsmanager:GetSecretValue is not allowed\n" +
					"allow secretsmanager:GetSecretValue in the IAM policy"
			}
			equal(t, "values", show(values), want)
			equal(t, "error", failure(err), wantErr)
			equal(t, "requests", server.Take(), "BatchGetSecretValue:2 ListSecrets:1")
		})
	}
}

func TestReadDenied(t *testing.T) {
	server := fake(t, func(string, request) any { return denied })
	const want = "awssm: access denied: secretsmanager:ListSecrets is not allowed for arn:aws:iam::123456789012:user/ci\n" +
		"reading needs secretsmanager:BatchGetSecretValue and secretsmanager:ListSecrets on *, and secretsmanager:GetSecretValue on "
	s := newStore(t, server.URL)
	_, err := s.Read(t.Context(), dev)
	equal(t, "Read", failure(err), want+appName(t)+"/*")
	_, err = s.Version(t.Context(), dev)
	equal(t, "Version", failure(err), want+appName(t)+"/*")
	if errors.Is(err, sources.ErrUnreachable) {
		t.Error("a store that answered no is not unreachable")
	}
}

// Nothing of a read that fails in its middle may be used.
func TestReadAllOrNothing(t *testing.T) {
	app := appName(t)
	for name, test := range map[string]struct {
		second any
		want   string
	}{
		"expired": {refusal{400, "ExpiredTokenException", "x"}, "awssm: the AWS credentials have expired (ExpiredTokenException)\n" +
			"sign in again, for example with aws sso login, or renew AWS_SESSION_TOKEN"},
		"same page again": {object{"SecretValues": []any{secret(app+"/dev/A", "1")}, "NextToken": "1"},
			"awssm: secretsmanager:BatchGetSecretValue gives the same page again and again\n" +
				"this is a fault of the endpoint: try again, and check endpoint under aws: in aside.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			server := fake(t, func(_ string, r request) any {
				switch {
				case r.SecretIdList != nil:
					return object{}
				case r.NextToken != "":
					return test.second
				}
				return object{"SecretValues": []any{secret(app+"/dev/A", "1")}, "NextToken": "1"}
			})
			values, err := newStore(t, server.URL, func(c *Config) { c.App = app }).Read(t.Context(), dev)
			equal(t, "error", failure(err), test.want)
			if values != nil {
				t.Error("values in spite of an error")
			}
		})
	}
}

// What passes by itself is tried again, and pages may be empty.
func TestReadThroughTrouble(t *testing.T) {
	app := appName(t)
	var asked atomic.Int64
	server := fake(t, func(_ string, r request) any {
		if r.SecretIdList != nil {
			return object{}
		}
		page, _ := strconv.Atoi(r.NextToken)
		switch asked.Add(1) {
		case 2:
			return refusal{400, "ThrottlingException", "Rate exceeded"}
		case 4:
			return refusal{500, "InternalServiceError", "x"}
		}
		switch page {
		case 0:
			return object{"NextToken": "1"}
		case 9:
			return object{"SecretValues": []any{secret(app+"/dev/LAST", "1")}}
		}
		return object{"SecretValues": []any{secret(fmt.Sprintf("%s/dev/A%d", app, page), "1")}, "NextToken": strconv.Itoa(page + 1)}
	})
	values := read(t, newStore(t, server.URL), dev)
	if len(values) != 9 || values[8].Name != "LAST" {
		t.Errorf("got %s", show(values))
	}
	equal(t, "requests", server.Take(), "BatchGetSecretValue:13")
}

// The requests for JSON objects and for single secrets run beside each other.
func TestReadConcurrently(t *testing.T) {
	both := make(chan bool, 2)
	server := fake(t, func(string, request) any {
		both <- true
		for deadline := time.Now().Add(time.Minute); len(both) < 2; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Error("one request waited for the other")
				break
			}
		}
		return object{}
	})
	if values := read(t, newStore(t, server.URL, func(c *Config) { c.AWS.Timeout = 2 * time.Minute }), dev, fallback); len(values) != 0 {
		t.Errorf("got %s", show(values))
	}
}

func TestUnreachable(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	s := newStore(t, gone.URL)
	want := "awssm: " + strings.TrimPrefix(gone.URL, "http://") + " cannot be reached: connection refused\n" +
		"check the network, and endpoint under aws: in aside.yaml and AWS_ENDPOINT_URL"
	_, err := s.Read(t.Context(), dev)
	equal(t, "Read", failure(err), want)
	if !errors.Is(err, sources.ErrUnreachable) {
		t.Error("Read: not ErrUnreachable")
	}
	_, err = s.Version(t.Context(), dev)
	equal(t, "Version", failure(err), want)
	err = s.Set(t.Context(), dev, map[string]sources.Secret{"A": sources.NewSecret("hunter2"), "B": sources.NewSecret("x")})
	if err == nil || !errors.Is(err, sources.ErrUnreachable) || !strings.HasSuffix(err.Error(), "connection refused (nothing was set)") {
		t.Errorf("Set: %s", failure(err))
	}
	err = s.Remove(t.Context(), dev, "A")
	equal(t, "Remove", failure(err), strings.Replace(want, "awssm: ", "awssm: "+appName(t)+"/dev/A: ", 1))
}

func TestSetFails(t *testing.T) {
	missing := refusal{400, "ResourceNotFoundException", "x"}
	for name, test := range map[string]struct {
		describe, create, put any
		want, requests        string
	}{
		"not allowed to look": {refusal{400, "AccessDeniedException", "x"}, nil, nil,
			"awssm: APP/dev/A: access denied: secretsmanager:DescribeSecret is not allowed\nallow secretsmanager:DescribeSecret in the IAM policy",
			"DescribeSecret:1"},
		"not allowed to tag": {missing, refusal{400, "AccessDeniedException", "User: u is not authorized to perform: secretsmanager:TagResource on resource: x"}, nil,
			"awssm: APP/dev/A: access denied: secretsmanager:TagResource is not allowed for u\nallow secretsmanager:TagResource in the IAM policy",
			"CreateSecret:1 DescribeSecret:1"},
		"not allowed to encrypt": {object{}, nil, refusal{400, "AccessDeniedException", "Access to KMS is not allowed"},
			"awssm: APP/dev/A: access denied: kms:GenerateDataKey is not allowed\nallow kms:GenerateDataKey in the IAM policy and in the policy of the KMS key",
			"DescribeSecret:1 PutSecretValue:1"},
		"still being deleted": {missing, refusal{400, "InvalidRequestException", "You can't create this secret because a secret with this name is already scheduled for deletion."}, nil,
			"awssm: APP/dev/A: AWS has not finished deleting the secret of this name: secretsmanager:CreateSecret failed: InvalidRequestException\ntry again in a minute",
			"CreateSecret:1 DescribeSecret:1"},
		"another was faster": {missing, refusal{400, "ResourceExistsException", "x"}, object{}, "no error",
			"CreateSecret:1 DescribeSecret:1 PutSecretValue:1"},
		"words that hold the value": {object{}, nil, refusal{400, "ValidationException", "hunter2 is no good"},
			"awssm: APP/dev/A: secretsmanager:PutSecretValue failed: ValidationException\n", "DescribeSecret:1 PutSecretValue:1"},
	} {
		t.Run(name, func(t *testing.T) {
			server := fake(t, func(operation string, _ request) any {
				return map[string]any{"DescribeSecret": test.describe, "CreateSecret": test.create, "PutSecretValue": test.put}[operation]
			})
			err := newStore(t, server.URL).Set(t.Context(), dev, map[string]sources.Secret{"A": sources.NewSecret("hunter2")})
			equal(t, "error", failure(err), strings.ReplaceAll(test.want, "APP", appName(t)))
			equal(t, "requests", server.Take(), test.requests)
		})
	}
}

func listed(name string, changed float64) object {
	return object{"Name": name, "LastChangedDate": changed, "SecretVersionsToStages": object{"v-" + name: []string{"AWSCURRENT"}}}
}

// With the order that AWS keeps, a quiet poll costs one request however many
// secrets there are, and every change shows.
func TestVersionOfManySecrets(t *testing.T) {
	app := appName(t)
	var list []object
	for i := range 100 {
		list = append(list, listed(fmt.Sprintf("%s/dev/N%d", app, i), float64(i)), listed(fmt.Sprintf("%s/_fallback/N%d", app, i), float64(i)+0.5))
	}
	clock := 1000.0
	server := fake(t, func(_ string, r request) any {
		if r.SortBy != "last-changed-date" || r.SortOrder != "desc" || !r.IncludePlannedDeletion {
			t.Errorf("asked %+v", r)
		}
		if want := []string{app + "/dev", app + "/_fallback"}; !slices.Equal(r.Filters[0].Values, want) {
			t.Errorf("filter %q, want %q", r.Filters[0].Values, want)
		}
		slices.SortFunc(list, func(a, b object) int {
			return int(2*b["LastChangedDate"].(float64)) - int(2*a["LastChangedDate"].(float64))
		})
		from, _ := strconv.Atoi(r.NextToken)
		to := min(from+r.MaxResults, len(list))
		out := object{"SecretList": list[from:to]}
		if to < len(list) {
			out["NextToken"] = strconv.Itoa(to)
		}
		return out
	})
	s := newStore(t, server.URL)
	var seen []string
	step := func(what string, changes bool, requests int) {
		t.Helper()
		v, err := s.Version(t.Context(), dev, fallback)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, what+": requests", server.Take(), fmt.Sprintf("ListSecrets:%d", requests))
		if changed := !slices.Contains(seen, v); changed != changes {
			t.Errorf("%s: changed %t, want %t", what, changed, changes)
		}
		seen = append(seen, v)
	}
	change := func(name string, f func(object)) {
		for _, o := range list {
			if o["Name"] == app+name {
				clock++
				o["LastChangedDate"] = clock
				f(o)
			}
		}
	}
	step("first", true, 2)
	step("quiet", false, 1)
	step("quiet", false, 1)
	change("/dev/N3", func(o object) { o["SecretVersionsToStages"] = object{"new": []string{"AWSCURRENT"}} })
	step("put on the second page", true, 2)
	step("quiet", false, 1)
	change("/_fallback/N4", func(o object) { o["DeletedDate"] = 1.0 })
	step("deleted on the second page", true, 2)
	change("/dev/N5", func(o object) { o["Description"] = "new" })
	step("something else of it changed", false, 2)
	list = append(list, listed(app+"/dev2/X", 5000))
	step("another stage's", false, 3)
	list = append(list, listed(app+"/dev/X", 5001))
	step("created", true, 3)
	step("quiet", false, 1)
	list = slices.DeleteFunc(list, func(o object) bool { return o["Name"] == app+"/dev/N6" })
	step("deleted for good on the second page", false, 1)
	s.polled.swept = time.Now().Add(-sweep)
	step("seen when all is read again", true, 3)
}

// Nothing of an answer that ends in its middle may be used.
func TestReadCut(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, `{"SecretValues": [{"Name": "`+appName(t)+`/dev/A", "SecretString": "1"}`)
	}))
	defer server.Close()
	values, err := newStore(t, server.URL).Read(t.Context(), dev)
	equal(t, "error", failure(err), "awssm: "+strings.TrimPrefix(server.URL, "http://")+" cannot be reached: the connection was cut\n"+
		"check the network, and endpoint under aws: in aside.yaml and AWS_ENDPOINT_URL")
	if values != nil || !errors.Is(err, sources.ErrUnreachable) {
		t.Errorf("values %s, error %v", show(values), err)
	}
}
