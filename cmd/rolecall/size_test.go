package main

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// limits are how many lines a file of a kind may have: what a reader can still hold in mind at once.
var limits = map[string]int{".go": 350, ".templ": 400}

// TestFilesAreShort counts the lines of every file written by hand. Tests are left out: they are lists of cases.
func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	files := 0
	err := fs.WalkDir(os.DirFS("../.."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		limit := limits[path.Ext(name)]
		if d.IsDir() || limit == 0 || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil || generated(text) {
			return err
		}
		files++
		if n := bytes.Count(text, []byte("\n")); n > limit {
			t.Errorf("%s has %d lines, at most %d are allowed: split it", name, n, limit)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Errorf("only %d files were found", files)
	}
}

// generated reports whether a file says, as generated Go files do, that nobody edits it.
func generated(text []byte) bool {
	head, _, _ := bytes.Cut(text, []byte("\npackage "))
	return bytes.Contains(head, []byte("DO NOT EDIT."))
}
