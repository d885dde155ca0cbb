// Command aside runs any command with the right environment for its stage.
package main

import (
	"context"
	"os"

	"github.com/aside-cli/aside/cmd/internal/relay"
	"github.com/aside-cli/aside/inject"
)

func main() {
	if code, ok := inject.Foreground(os.Args); ok {
		os.Exit(code)
	}
	link, args := relay.Child(os.Args[1:])
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, environ: os.Environ(), relay: link}
	code := a.exec(context.Background(), args)
	inject.Interrupt(a.ended, link != nil)
	os.Exit(code)
}
