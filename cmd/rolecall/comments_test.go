package main

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// minComments is the least part of the lines of a package, in percent, that have a comment.
const minComments = 10

// fewComments are the packages that are still below it, with what they have. One that is well over it has to leave the list.
var fewComments = map[string]float64{
	"views/ui/uitest": 5,
}

// TestPackagesAreExplained counts the lines with a comment, also behind code, in every package written by hand that holds
// rules or shows them.
func TestPackagesAreExplained(t *testing.T) {
	t.Parallel()
	lines, commented := map[string]int{}, map[string]int{}
	for _, root := range []string{"client", "cmd/bench", "cmd/release", "cmd/rolecall", "org", "rbac", "views"} {
		err := fs.WalkDir(os.DirFS("../.."), root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
				return err
			}
			text, err := os.ReadFile(filepath.Join("../..", name))
			if err != nil || generated(text) {
				return err
			}
			n, with := countComments(text)
			lines[path.Dir(name)] += n
			commented[path.Dir(name)] += with
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(lines) < 8 {
		t.Errorf("only %d packages were found", len(lines))
	}
	for dir, n := range lines {
		part := 100 * float64(commented[dir]) / float64(n)
		least, listed := fewComments[dir]
		switch {
		case !listed && part < minComments:
			t.Errorf("%s has comments on %.1f %% of its lines, want %d: say why it is as it is", dir, part, minComments)
		case listed && part < least:
			t.Errorf("%s has comments on %.1f %% of its lines, it had %.1f", dir, part, least)
		case listed && part >= minComments+2:
			t.Errorf("%s has enough comments now: take it from the list", dir)
		}
	}
}

// countComments returns how many lines a Go file has, and how many of them have a comment.
func countComments(text []byte) (lines, commented int) {
	file := token.NewFileSet().AddFile("", -1, len(text))
	var s scanner.Scanner
	s.Init(file, text, nil, scanner.ScanComments)
	for {
		_, kind, literal := s.Scan()
		switch kind {
		case token.EOF:
			return file.LineCount(), commented
		case token.COMMENT:
			commented += 1 + strings.Count(literal, "\n")
		}
	}
}
