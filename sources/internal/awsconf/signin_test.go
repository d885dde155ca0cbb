package awsconf

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aside-cli/aside/sources"
)

func TestNoSignIn(t *testing.T) {
	const howTo = "\nrun aws sso login or aws configure, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
	silent := listen(t, func(c net.Conn) { io.Copy(io.Discard, c) })
	notThere := httptest.NewServer(http.NotFoundHandler())
	defer notThere.Close()
	denied := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(403)
		io.WriteString(w, `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: arn:aws:iam::123456789012:user/me is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::210987654321:role/theirs</Message></Error></ErrorResponse>`)
	}))
	defer denied.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	home := t.TempDir()
	config := filepath.Join(home, "config")
	err := os.WriteFile(config, []byte("[profile sso]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = dev\n"+
		"[sso-session s]\nsso_region = eu-central-1\nsso_start_url = https://example.awsapps.com/start\n"+
		"[profile role]\nrole_arn = arn:aws:iam::210987654321:role/theirs\nsource_profile = me\n"+
		"[profile me]\naws_access_key_id = ME\naws_secret_access_key = x\n"+
		"[profile program]\ncredential_process = false\n"), 0o600)
	if err != nil {
		t.Fatal(err)
	}

	for _, test := range []struct {
		name        string
		env         map[string]string
		want        string
		unreachable bool
	}{
		{"none, no metadata service", nil, "no AWS credentials were found" + howTo, false},
		{"silent metadata service", map[string]string{"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": silent},
			"no AWS credentials were found" + howTo, false},
		{"metadata service without a role", map[string]string{"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": notThere.URL},
			"no AWS credentials were found" + howTo, false},
		{"unknown profile", map[string]string{"AWS_PROFILE": "nobody"}, "there is no AWS profile \"nobody\"\n" +
			"check profile under aws: in aside.yaml, and AWS_PROFILE; aws configure list-profiles shows which there are", false},
		{"SSO session that never was", map[string]string{"AWS_PROFILE": "sso"},
			"the AWS SSO session of the profile \"sso\" has expired\nsign in again: aws sso login --profile sso", false},
		{"role that is denied", map[string]string{"AWS_PROFILE": "role", "AWS_ENDPOINT_URL": denied.URL},
			"access denied: sts:AssumeRole is not allowed for arn:aws:iam::123456789012:user/me\nallow sts:AssumeRole in the IAM policy", false},
		{"role without a network", map[string]string{"AWS_PROFILE": "role", "AWS_ENDPOINT_URL": gone.URL},
			gone.URL[len("http://"):] + " cannot be reached: connection refused\n" +
				"check the network, and endpoint under aws: in aside.yaml and AWS_ENDPOINT_URL", true},
		{"program that fails", map[string]string{"AWS_PROFILE": "program"},
			"AWS credentials could not be loaded: exit status 1" + howTo, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			signedOut(t)
			t.Setenv("HOME", home)
			t.Setenv("AWS_CONFIG_FILE", config)
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			start := time.Now()
			_, err := New(Settings{Region: "eu-central-1"}).Config(t.Context())
			if got := failure(err); got != test.want {
				t.Errorf("got %s\nwant %s\n%#v", got, test.want, err)
			}
			if errors.Is(err, sources.ErrUnreachable) != test.unreachable {
				t.Errorf("unreachable: want %t", test.unreachable)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// After a refused sign-in the files are read again: the user may have signed
// in anew, while a watching aside runs on.
func TestNewSignInIsSeen(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if r.Header.Get("X-Amz-Security-Token") == "old" {
			w.WriteHeader(400)
			io.WriteString(w, `{"__type": "ExpiredTokenException"}`)
			return
		}
		io.WriteString(w, "{}")
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "credentials")
	signedOut(t)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	signIn := func(token string) {
		t.Helper()
		text := "[default]\naws_access_key_id = A\naws_secret_access_key = x\naws_session_token = " + token + "\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := New(Settings{Region: "eu-central-1", Endpoint: server.URL})
	signIn("old")
	if err := ask(t.Context(), s); err == nil {
		t.Fatal("an expired token was accepted")
	}
	signIn("new")
	if err := ask(t.Context(), s); err != nil {
		t.Error(err)
	}
	os.Remove(file)
	if err := ask(t.Context(), s); err != nil {
		t.Errorf("what was loaded is not kept: %v", err)
	}
}
