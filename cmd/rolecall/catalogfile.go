package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/spf13/pflag"

	"rolecall.example/org/catalogfile"
	"rolecall.example/rbac"
)

// readInput reads a file that a command names; "-" is standard input. It reads at most one byte more than the format
// allows, so that the format notices when a file is too long.
func (t *terminal) readInput(name string) ([]byte, error) {
	in := t.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, usageError(err.Error())
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, catalogfile.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return text, nil
}

// readCatalog reads a catalog from a file. All problems are one error, with a line for each. It is a mistake in the
// call, with exit code 2: no server could change that.
func (t *terminal) readCatalog(name string) (*rbac.Document, error) {
	d, _, err := t.readCatalogText(name)
	return d, err
}

// readCatalogText does the same, and also returns the text of the file.
func (t *terminal) readCatalogText(name string) (*rbac.Document, []byte, error) {
	text, err := t.readInput(name)
	if err != nil {
		return nil, nil, err
	}
	d, problems := catalogfile.Read(name, text)
	if err := catalogfile.Errors(name, problems); err != nil {
		return nil, nil, usageError(err.Error())
	}
	return d, text, nil
}

// checked is a problem or a warning in the output of --json. The fields are those of the compilers whose messages
// editors understand.
type checked struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Path    string `json:"path"`
	Text    string `json:"text"`
	Warning bool   `json:"warning"`
}

// checkedFile is what is reported about a file as a whole.
type checkedFile struct {
	File    string `json:"file"`
	Valid   bool   `json:"valid"`
	Product string `json:"product,omitempty"`
	Hash    string `json:"hash,omitempty"` // SHA-256 of the canonical form
}

// catalogCheckCommand needs no server and no database, so that it can run in the repository of the product.
func catalogCheckCommand() *command {
	strict := false
	return &command{
		name: "catalog check", operand: "FILE…",
		summary: "Check files that describe a product: its resource types, actions and built-in roles",
		about: "Needs no server. Every mistake is printed as FILE:LINE:COLUMN: text. Warnings are about what is allowed but rarely\n" +
			"intended, such as a permission that only owners have. docs/catalog.md describes the format.\n\n" +
			"Exit code 0: all files are OK; 1: one is wrong or, with --strict, has a warning.",
		examples: []string{"rolecall catalog check catalog.yaml", "rolecall catalog check catalog.yaml --strict --json"},
		flags:    func(fs *pflag.FlagSet) { fs.BoolVar(&strict, "strict", false, "treat warnings as errors") },
		// All files are read before anything is printed. A missing file is a mistake in the call, not a finding.
		run: func(_ context.Context, t *terminal, c *config) error {
			found, files := []checked{}, []checkedFile{}
			for _, name := range c.operands {
				text, err := t.readInput(name)
				if err != nil {
					return err
				}
				file, list := checkFile(name, text)
				files, found = append(files, file), append(found, list...)
			}
			wrong := slices.ContainsFunc(files, func(f checkedFile) bool { return !f.Valid })
			return t.verdict(!wrong && (!strict || len(found) == 0), checkReport(files, found))
		},
	}
}

// checkFile returns the hash of a valid file, which tells a pipeline whether a server has it in force.
func checkFile(name string, text []byte) (file checkedFile, found []checked) {
	d, problems, warnings := catalogfile.Check(name, text)
	file = checkedFile{File: name, Valid: d != nil}
	if d != nil {
		hash := d.Hash()
		file.Product, file.Hash = d.Product, hex.EncodeToString(hash[:])
	}
	for _, p := range problems {
		found = append(found, checked{name, p.Line, p.Column, p.Path, p.Text, false})
	}
	for _, p := range warnings {
		found = append(found, checked{name, p.Line, p.Column, p.Path, p.Text, true})
	}
	return file, found
}

// checkReport has every finding as a row. For people a valid file has a line too: silence would not prove that it was
// checked.
func checkReport(files []checkedFile, found []checked) report {
	value := struct {
		Files    []checkedFile `json:"files"`
		Problems []checked     `json:"problems"`
	}{files, found}
	r := report{value: value, head: []string{"FILE", "LINE", "COLUMN", "KIND", "PATH", "TEXT"}}
	for _, p := range found {
		kind := "error"
		if p.Warning {
			kind = "warning"
		}
		r.rows = append(r.rows, []string{p.File, strconv.Itoa(p.Line), strconv.Itoa(p.Column), kind, p.Path, p.Text})
	}
	r.text = func(w io.Writer) {
		for _, p := range found {
			problem := rbac.Problem{Path: p.Path, Line: p.Line, Column: p.Column, Text: p.Text}
			if p.Warning {
				problem.Path = "warning: " + p.Path
			}
			fmt.Fprintln(w, catalogfile.Line(p.File, problem))
		}
		for _, f := range files {
			if f.Valid {
				fmt.Fprintf(w, "%s: OK; %s sha256:%s\n", f.File, f.Product, f.Hash)
			}
		}
	}
	return r
}
