// Package mototest runs moto_server, which behaves as AWS does, for the tests
// of a package. It is for tests only:
//
//	var moto mototest.Server
//
//	func TestMain(m *testing.M) { moto.Run(m) }
//
// Where it is not installed the tests that ask for it are skipped, or fail if
// CI is set. It comes with: pip install 'moto[server]'.
package mototest

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// startLimit is generous: a busy machine may take long to load moto's Python.
const startLimit = 2 * time.Minute

// A Server is a moto_server on a free port of 127.0.0.1, started when it is
// first asked for. The tests of a package share it.
type Server struct {
	once sync.Once
	cmd  *exec.Cmd
	url  string
	err  error
}

// Run runs a package's tests, signed in to AWS as nobody whom the user is. It
// stops the server at their end.
func (s *Server) Run(m *testing.M) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			os.Unsetenv(name)
		}
	}
	os.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	os.Setenv("AWS_SECRET_ACCESS_KEY", "not-a-key")
	os.Setenv("AWS_CONFIG_FILE", os.DevNull)
	os.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	os.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	defer s.Stop()
	m.Run()
}

// URL returns the endpoint of every service.
func (s *Server) URL(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("moto_server")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("moto_server is not installed, and CI is set: pip install 'moto[server]'")
		}
		t.Skip("moto_server is not installed: pip install 'moto[server]'")
	}
	s.once.Do(func() { s.err = s.start(path) })
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.url
}

// Fresh is as URL, for a test that is not parallel to others: the server
// forgets at its end what it was told.
func (s *Server) Fresh(t testing.TB) string {
	t.Helper()
	url := s.URL(t)
	t.Cleanup(func() {
		answer, err := http.Post(url+"/moto-api/reset", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("moto's reset answered %s", answer.Status)
		}
	})
	return url
}

// Stop ends the server, if it was started.
func (s *Server) Stop() {
	if s.cmd != nil {
		kill(s.cmd)
		s.cmd.Wait()
		s.cmd = nil
	}
}

// start runs moto and waits until it says where it listens.
func (s *Server) start(path string) error {
	cmd := exec.Command(path, "-H", "127.0.0.1", "-p", "0")
	attach(cmd)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd = cmd
	url := make(chan string, 1)
	go func() {
		running := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			if found := running.FindString(lines.Text()); found != "" {
				url <- found
				break
			}
		}
		close(url)
		io.Copy(io.Discard, stderr) // its log, until it ends
	}()
	select {
	case s.url = <-url:
		if s.url == "" {
			return fmt.Errorf("moto_server ended before it listened")
		}
		return nil
	case <-time.After(startLimit):
		return fmt.Errorf("moto_server did not listen within %v", startLimit)
	}
}
