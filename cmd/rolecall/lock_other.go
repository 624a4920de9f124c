//go:build !unix && !windows

package main

// lock does nothing on systems without a suitable way to lock files. Servers run there as well, and it is up to their
// operator to start one alone.
func lock(string) (unlock func(), err error) { return func() {}, nil }
