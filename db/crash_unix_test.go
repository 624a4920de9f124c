//go:build unix

package db

import (
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
)

// own puts a command into a process group, so that kill reaches whatever it started.
func own(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// limitFiles makes writes beyond a size fail.
func limitFiles(size string) {
	n, err := strconv.ParseUint(size, 10, 64)
	if err != nil {
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
		os.Exit(1)
	}
}
