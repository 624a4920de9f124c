package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"rolecall.example/client"
	"rolecall.example/org/catalogfile"
	"rolecall.example/org/permtest"
	"rolecall.example/rbac"
)

// testCommand has the formats that test runners read, instead of the usual ones.
func testCommand() *command {
	format := "text"
	return &command{
		name: "test", operand: "FILE…", raw: true,
		summary: "Run permission tests: files that say what people with certain roles can and cannot do",
		about: "A file that names its catalog is tested without a server: with the roles of the catalog and those of the file.\n" +
			"Other files are about the people and the roles of a server, or of a database.\n\n" +
			"A name that does not exist is an error and never a no, so a misspelled test does not pass. docs/catalog.md describes\n" +
			"the format.\n\n" +
			"Exit code 0: all tests pass; 1: one fails; 2: a file is wrong, or contains no tests.",
		examples: []string{
			"rolecall test examples/catalogs/expenses.test.yaml",
			"rolecall test people.yaml --format junit --url https://roles.example.com > report.xml",
		},
		settings: askSettings,
		flags: func(fs *pflag.FlagSet) {
			fs.Var(&choice{&format, permtest.Formats}, "format", "`FORM` of the report: text, tap, junit or json")
		},
		run: func(ctx context.Context, t *terminal, c *config) error {
			var all permtest.Report
			var wrong []string
			for _, name := range c.operands {
				// All files are read and run before anything is reported: an incomplete report would look like one of
				// fewer tests.
				err := t.testFile(ctx, c, name, &all)
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

// testFile runs the tests of one file, on the catalog that it names or on the server that the settings name. An unknown
// name in a test is only found while it runs, but is still a mistake in the file.
func (t *terminal) testFile(ctx context.Context, c *config, name string, into *permtest.Report) error {
	text, err := t.readInput(name)
	if err != nil {
		return err
	}
	f, problems := permtest.Read(name, text)
	if err := catalogfile.Errors(name, problems); err != nil {
		return usageError(err.Error())
	}
	if f.Catalog == "" {
		err = asking(ctx, c, func(api *client.Client) error { return runLive(ctx, api, f, into) })
	} else {
		err = t.runOffline(ctx, f, into)
	}
	if err != nil {
		return err
	}
	if err := f.Err(); err != nil {
		return usageError(err.Error())
	}
	return nil
}

// runOffline finds the catalog relative to the file, so tests run from any folder.
func (t *terminal) runOffline(ctx context.Context, f *permtest.File, into *permtest.Report) error {
	path := f.Catalog
	if !filepath.IsAbs(path) && f.Name != "-" {
		path = filepath.Join(filepath.Dir(f.Name), path)
	}
	d, err := t.readCatalog(path)
	if err != nil {
		return err
	}
	catalog, err := rbac.New(d)
	if err != nil {
		return err
	}
	return f.Run(ctx, f.Offline(catalog), nil, into)
}

// runLive asks like any other command, so it gets only answers that the account of the token may see.
func runLive(ctx context.Context, api *client.Client, f *permtest.File, into *permtest.Report) error {
	server, err := newTestServer(ctx, api)
	if err != nil {
		return err
	}
	return f.Run(ctx, nil, server, into)
}
