//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

func execTests() map[string]func(*rig) {
	return map[string]func(*rig){
		"same PID":                   (*rig).samePID,
		"file descriptors":           func(r *rig) { r.passesFD3("--no-watch") },
		"file descriptors, watching": func(r *rig) { r.passesFD3("--watch") },
		"limit of open files": func(r *rig) {
			for _, watch := range []string{"--watch", "--no-watch"} {
				r.run("sh", "-c", "ulimit -Sn 123; exec aside run "+watch+" -- sh -c 'ulimit -Sn; ulimit -Hn'").ends(0)
			}
			r.counts(2, "^123$")
			r.onTTY("sh", "-c", "ulimit -Sn 123; exec aside run --watch -- sh -c 'ulimit -Sn'").ends(0)
			r.counts(3, "^123$")
		},
		"terminal":     (*rig).sameTerminal,
		"dispositions": (*rig).sameDispositions,
		"folder":       (*rig).folder,
	}
}

func (r *rig) samePID() {
	r.run(r.aside, "run", "--no-watch", "--", "sh", "-c", `echo "pid $$"; echo "threads $(ls /proc/$$/task | wc -l)"`).ends(0)
	if pid := r.sees(`^pid (\d+)$`); pid != strconv.Itoa(r.pid()) {
		r.Fatalf("the command is process %s, aside was %d", pid, r.pid())
	}
	r.sees("^threads 1$")
}

// passesFD3: no other file descriptor is open either.
func (r *rig) passesFD3(watch string) {
	file, err := os.Create(filepath.Join(r.dir, "three"))
	if err != nil {
		r.Fatal(err)
	}
	defer file.Close()
	r.fd3 = file
	list := []string{"sh", "-c", `echo hello >&3; ls /proc/$$/fd >list; echo fds $(cat list)`}
	r.run(list...).ends(0)
	bare := r.sees("^fds (.*)$")
	r.run(append([]string{r.aside, "run", watch, "--"}, list...)...).ends(0)
	r.seesTimes(2, "^fds "+bare+"$")
	if text, _ := os.ReadFile(file.Name()); string(text) != "hello\nhello\n" {
		r.Fatalf("written to descriptor 3: %q", text)
	}
}

// sameTerminal: the modes and the foreground stay as they are.
func (r *rig) sameTerminal() {
	script := "stty -echo; exec %s sh -c 'stty -a; read -r p c s pp g ss t tp x </proc/$$/stat; [ $g = $tp ] && echo in the foreground; trap \"\" QUIT'"
	r.onTTY("sh", "-c", fmt.Sprintf(script, "aside run --no-watch --")).ends(0)
	r.sees("-echo ")
	r.sees("^in the foreground$")
}

// sameDispositions compares with a command that was started without aside.
func (r *rig) sameDispositions() {
	const show = `sh -c 'grep -E "Sig(Ign|Blk|Cgt)|ShdPnd" /proc/self/status; echo end'`
	r.run("sh", "-c", `trap '' HUP INT; echo bare; `+show+`; echo aside; exec aside run --no-watch -- `+show).ends(0)
	bare, aside := r.sees(`(?s)bare\n(.*?)end\n`), r.sees(`(?s)aside\n(.*?)end\n`)
	if bare != aside {
		r.Fatalf("bare:\n%s\nunder aside:\n%s", bare, aside)
	}
}

func (r *rig) folder() {
	if err := os.Mkdir(filepath.Join(r.dir, "sub"), 0o755); err != nil {
		r.Fatal(err)
	}
	r.env = append(r.env, "PWD="+r.dir)
	for _, watch := range []string{"--watch", "--no-watch"} {
		r.run(r.aside, "run", watch, "-C", "sub", "--", "sh", "-c", `echo "in $(pwd) $PWD"`).ends(0)
	}
	sub := filepath.Join(r.dir, "sub")
	r.counts(2, "^in "+sub+" "+sub+"$")
}
