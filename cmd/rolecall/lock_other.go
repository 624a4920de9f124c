//go:build !unix && !windows

package main

// lock does nothing on systems without a suitable way to lock files.
func lock(string) (unlock func(), err error) { return func() {}, nil }
