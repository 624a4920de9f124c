//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rolecall.example/db/dbtest"
)

// A symbolic link is the file that it leads to, for every command, and the link stays one.
func TestSymbolicLink(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "links lead to files")
	dir := t.TempDir()
	file, link, folder := filepath.Join(dir, "real", "rolecall.db"), filepath.Join(dir, "link.db"), filepath.Join(dir, "folder")
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	ownerIn(t, file)
	for to, from := range map[string]string{file: link, filepath.Dir(file): folder, filepath.Join(dir, "gone.db"): filepath.Join(dir, "dangling.db")} {
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	for _, place := range []string{link, filepath.Join(folder, "rolecall.db")} {
		server := start(t, nil, "", "--db", place, "--http-address", "127.0.0.1:0")
		server.wait(t, &server.log, `address=(\S+)`)
		for _, other := range []string{file, link} {
			if code, _, log := call(t, "", "--db", other, "--http-address", "127.0.0.1:0"); code != 3 || !strings.Contains(log, "another server is running") {
				t.Errorf("a server on %s beside one on %s: exit code %d, %s", other, place, code, log)
			}
		}
		backup := filepath.Join(t.TempDir(), "backup.db")
		for _, args := range [][]string{{"backup", backup}, {"check"}} {
			if code, _, log := call(t, "", append(args, "--db", place)...); code != 0 {
				t.Errorf("rolecall %q through %s: exit code %d, %s", args, place, code, log)
			}
		}
		server.stop()
		server.exit(t)
		if code, _, log := call(t, "", "restore", backup, "--db", place); code != 0 {
			t.Errorf("restore through %s: exit code %d, %s", place, code, log)
		}
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is one no more: %v", err)
	}
	if kept, err := filepath.Glob(file + ".replaced-*"); err != nil || len(kept) == 0 {
		t.Errorf("what was there is not kept beside the file: %v", err)
	}
	if code, _, log := call(t, "", "check", "--db", filepath.Join(dir, "dangling.db")); code != 2 || !strings.Contains(log, "a link to a file that is not there") {
		t.Errorf("a link to nothing: exit code %d, %s", code, log)
	}
}

// A database that has two names would have two logs: neither a hard link nor a file that is mounted by itself is served.
func TestOneNameOnly(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "links lead to files")
	dir := t.TempDir()
	file, hard := filepath.Join(dir, "rolecall.db"), filepath.Join(dir, "hard.db")
	ownerIn(t, file)
	if err := os.Link(file, hard); err != nil {
		leaveOut(t, err)
	}
	for _, place := range []string{file, hard} {
		if code, _, log := call(t, "", "--db", place, "--http-address", "127.0.0.1:0"); code != 3 || !strings.Contains(log, "has 2 names (hard links)") {
			t.Errorf("a server on %s: exit code %d, %s", place, code, log)
		}
	}
	if err := os.Remove(hard); err != nil {
		t.Fatal(err)
	}
	server, _ := inProcessOfItsOwn(t, nil, "--db", file, "--http-address", "127.0.0.1:0")
	server.wait(t, &server.log, `address=(\S+)`)
	mounted := filepath.Join(t.TempDir(), "mounted.db")
	if err := os.WriteFile(mounted, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "--bind", file, mounted).CombinedOutput(); err != nil {
		t.Skipf("not here: nothing can be mounted: %v: %s", err, out)
	}
	defer func() {
		if out, err := exec.Command("umount", mounted).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	}()
	second, cmd := inProcessOfItsOwn(t, nil, "--db", mounted, "--http-address", "127.0.0.1:0")
	if err := cmd.Wait(); err == nil || !strings.Contains(second.log.String(), "mount the folder, not the file") {
		t.Errorf("a second server on the mounted file: %v, %s", err, second.log.String())
	}
}
