// Command compose reads standard input as docker compose reads a file named by
// env_file: in the format that is its argument, and prints what it found as JSON,
// values in base64.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/docker/cli/pkg/kvfile"
)

func main() {
	dotenv.RegisterFormat("raw", raw)
	vars := map[string]string{}
	if err := dotenv.ParseWithFormat(os.Stdin, "stdin", vars, nothing, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	encoded := map[string][]byte{}
	for name, value := range vars {
		encoded[name] = []byte(value)
	}
	if err := json.NewEncoder(os.Stdout).Encode(encoded); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func nothing(string) (string, bool) { return "", false }

// raw is the format that docker compose registers under this name.
func raw(r io.Reader, _ string, vars map[string]string, lookup func(string) (string, bool)) error {
	lines, err := kvfile.ParseFromReader(r, lookup)
	if err != nil {
		return err
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, "=")
		vars[name] = value
	}
	return nil
}
