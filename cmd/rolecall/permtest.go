package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"rolecall.example/org/catalogfile"
	"rolecall.example/org/permtest"
	"rolecall.example/rbac"
)

func testCommand() *command {
	format := "text"
	return &command{
		name: "test", operand: "FILE…", raw: true,
		summary: "Test permissions: files that say what holders of roles can do, and what they cannot",
		about: "A file that names its catalog is tested without a server: with the roles of the catalog and those of the file.\n\n" +
			"A name that does not exist is an error and never a no, so a misspelled test does not pass. docs/catalog.md shows\n" +
			"what a file may say.\n\n" +
			"Exit code 0: all tests pass; 1: one fails; 2: a file is wrong, or tests nothing.",
		examples: []string{
			"rolecall test examples/catalogs/expenses.test.yaml",
			"rolecall test permissions.yaml --format junit > report.xml",
		},
		flags: func(fs *pflag.FlagSet) {
			fs.Var(&choice{&format, permtest.Formats}, "format", "`FORM` of the report: text, tap, junit or json")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			var all permtest.Report
			var wrong []string
			for _, name := range c.operands {
				err := t.testFile(ctx, name, &all)
				if mistake, ok := errors.AsType[usageError](err); ok {
					wrong = append(wrong, string(mistake)) // the other files may be wrong, too
				} else if err != nil {
					return err
				}
			}
			if wrong != nil {
				return usageError(strings.Join(wrong, "\n"))
			}
			if err := all.Write(t.out, format); err != nil || all.Passed() {
				return err
			}
			return errNo
		},
	}
}

// testFile runs the tests of one file.
func (t *terminal) testFile(ctx context.Context, name string, into *permtest.Report) error {
	text, err := t.readInput(name)
	if err != nil {
		return err
	}
	f, problems := permtest.Read(name, text)
	if err := catalogfile.Errors(name, problems); err != nil {
		return usageError(err.Error())
	}
	path := f.Catalog
	if !filepath.IsAbs(path) && name != "-" {
		path = filepath.Join(filepath.Dir(name), path)
	}
	d, err := t.readCatalog(path)
	if err != nil {
		return err
	}
	catalog, err := rbac.New(d)
	if err != nil {
		return err
	}
	if err := f.Run(ctx, f.Offline(catalog), nil, into); err != nil {
		return err
	}
	if err := f.Err(); err != nil {
		return usageError(err.Error())
	}
	return nil
}
