//go:build unix

package dbtest

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// PostgreSQL does not run as root. Debian's package makes a user for it.
func postgres() (uid, gid int, needed bool) {
	u, err := user.Lookup("postgres")
	if os.Getuid() != 0 || err != nil {
		return 0, 0, false
	}
	uid, _ = strconv.Atoi(u.Uid)
	gid, _ = strconv.Atoi(u.Gid)
	return uid, gid, true
}

// give makes a folder that of the server's user.
func give(dir string) error {
	uid, gid, needed := postgres()
	if !needed {
		return nil
	}
	return os.Chown(dir, uid, gid)
}

// lower runs a command as the server's user.
func lower(c *exec.Cmd) {
	if uid, gid, needed := postgres(); needed {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
}
