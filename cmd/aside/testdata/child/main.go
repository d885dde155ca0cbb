//go:build linux

// Command child is what the tests of the process layer run under aside: a small
// program that starts within a millisecond and tells what happens to it, a line
// each on standard output.
package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// abandoned is when a child ends that its test has forgotten, as one does that failed.
const abandoned = 10 * time.Minute

func main() {
	time.AfterFunc(abandoned, func() { os.Exit(99) })
	switch args := os.Args[2:]; os.Args[1] {
	case "exit": // CODE
		os.Exit(number(args[0]))
	case "signals":
		signals()
	case "blocking": // COMMAND [ARG ...]
		blocking(args)
	case "show": // NAME
		show(args[0])
	case "tree":
		tree()
	case "helped": // NAME
		show(args[0])
		start(exec.Command(os.Args[0], "sleep"), nil)
	case "sleep":
		time.Sleep(time.Hour)
	case "server": // ADDRESS
		server(args[0])
	case "headless": // ADDRESS
		headless(args[0])
	}
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

// signals tells of every signal but those that Go's runtime sends to itself.
// SIGALRM ends it with 9.
func signals() {
	c := make(chan os.Signal, 1000)
	signal.Notify(c)
	fmt.Println("ready", os.Getpid())
	for sig := range c {
		fmt.Println("got", number(fmt.Sprintf("%d", sig)))
		if sig == syscall.SIGALRM {
			os.Exit(9)
		}
	}
}

// blocking becomes a command, with all signals blocked.
func blocking(argv []string) {
	runtime.LockOSThread()
	all := unix.Sigset_t{Val: [16]uint64{^uint64(0)}}
	unix.PthreadSigmask(unix.SIG_SETMASK, &all, nil)
	path, _ := exec.LookPath(argv[0])
	panic(syscall.Exec(path, argv, os.Environ()))
}

// show prints a variable with its process, and again at SIGHUP. It ends well at SIGTERM.
func show(name string) {
	c := make(chan os.Signal, 10)
	signal.Notify(c, syscall.SIGHUP, syscall.SIGTERM)
	fmt.Printf("started %s=%s %d\n", name, os.Getenv(name), time.Now().UnixNano())
	for sig := range c {
		fmt.Printf("%v %s=%s %d\n", sig, name, os.Getenv(name), time.Now().UnixNano())
		if sig == syscall.SIGTERM {
			return
		}
	}
}

// tree listens on $PORT and has three descendants: one that sleeps, one in a
// session of its own, and one whose parent has ended.
func tree() {
	l, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	defer l.Close()
	start(exec.Command(os.Args[0], "sleep"), nil)
	start(exec.Command(os.Args[0], "sleep"), &syscall.SysProcAttr{Setsid: true})
	start(exec.Command("/bin/sh", "-c", `"$0" sleep </dev/null & exit 0`, os.Args[0]), nil)
	fmt.Println("ready", os.Getenv("VALUE"))
	time.Sleep(time.Hour)
}

func start(cmd *exec.Cmd, attr *syscall.SysProcAttr) {
	cmd.SysProcAttr = attr
	if err := cmd.Start(); err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

// server ignores SIGTERM and listens.
func server(address string) {
	signal.Ignore(syscall.SIGTERM)
	l, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	fmt.Println("listening on", l.Addr())
	time.Sleep(time.Hour)
}

// headless is a server whose first thread has ended: others serve on.
func headless(address string) {
	runtime.LockOSThread()
	if unix.Gettid() != unix.Getpid() {
		fmt.Println("failed: not on the first thread")
		os.Exit(1)
	}
	go func() {
		runtime.LockOSThread()
		server(address)
	}()
	syscall.Syscall(syscall.SYS_EXIT, 0, 0, 0)
}
