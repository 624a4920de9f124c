package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// lock keeps a second server away from the database at path. It locks a byte beyond the end of the file beside the
// database, so that the process id in the file can be read.
func lock(path string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	// Before the lock file is created beside a name that must not be used.
	if err := oneName(path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot make files beside %s: check owner and mode of the folder (%w)", path, err)
	}
	// It fails at once: a server that waits silently looks like one that runs.
	err = windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1})
	if err != nil {
		f.Close()
		if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
			return nil, fmt.Errorf("%w %s", errRunning, path)
		}
		return nil, fmt.Errorf("lock %s: %w", path+".lock", err)
	}
	return func() { f.Close() }, nil
}

// oneName refuses a file with hard links. Each name would have its own lock and its own log, and two logs destroy the
// file.
func oneName(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(windows.Handle(f.Fd()), &info); err != nil {
		return err
	}
	if info.NumberOfLinks > 1 {
		return fmt.Errorf("%s has %d names (hard links), and each would have a log of its own: remove the others, or copy the file with `rolecall backup`", path, info.NumberOfLinks)
	}
	return nil
}
