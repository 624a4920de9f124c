//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// lock keeps a second server away from the database at path. The lock ends with the process, however it ends; the file
// beside the database stays, because removing it would race with the next server. SQLite's own locks do not help here:
// they allow several processes, as the other commands need. The database must be opened after lock and closed before
// unlock.
func lock(path string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot make files beside %s: check owner and mode of the folder (%w)", path, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		owner, _ := io.ReadAll(io.LimitReader(f, 20))
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w %s: process %s", errRunning, path, bytes.TrimSpace(owner))
		}
		return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	if err := errors.Join(f.Truncate(0), writeAt(f, fmt.Sprintln(os.Getpid()))); err != nil {
		f.Close()
		return nil, err
	}
	database, err := lockDatabase(path)
	if err != nil {
		f.Close()
		return nil, err
	}
	return func() {
		database.Close()
		f.Close()
	}, nil
}

// lockDatabase keeps away servers that open the file by another name: they would use another lock and another log,
// which would destroy the file. The number of links reveals hard links. It does not reveal a file that is mounted by
// itself, but on Linux such a file can have a lock that does not interfere with those of SQLite. The file stays open:
// closing any descriptor of it would release the locks of SQLite in this process.
func lockDatabase(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // the caller closes it like a file
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if stat, ok := info.Sys().(*syscall.Stat_t); err == nil && ok && stat.Nlink > 1 {
		err = fmt.Errorf("%s has %d names (hard links), and each would have a log of its own: remove the others, or copy the file with `rolecall backup`", path, stat.Nlink)
	}
	if err == nil && runtime.GOOS == "linux" {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
			err = fmt.Errorf("%w %s, which it knows by another name: mount the folder, not the file", errRunning, path)
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func writeAt(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}
