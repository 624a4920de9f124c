package main

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"

	"rolecall.example/web"
)

// listing is an answer of any length: it is printed as it arrives. An organization may have a million members, and a
// pipe into head should end at once.
type listing[T any] struct {
	head   []string // titles of the columns
	row    func(T) []string
	values iter.Seq2[T, error]
}

// batch is how many rows of a table are aligned with each other. Later rows keep their widths if possible. Aligning all
// would need all rows in memory.
const batch = 1000

// printListing prints a listing in the form that the flags ask for. --quiet prints the first column. There is no
// separate text for people: only a table suits any length.
func printListing[T any](t *terminal, l listing[T]) error {
	if t.noHeaders {
		l.head = nil
	}
	// One system call for many rows.
	w := bufio.NewWriter(t.out)
	print := l.printTable
	switch {
	case t.quiet:
		print = l.printNames
	case t.format == "json":
		print = l.printJSON
	case t.format == "yaml":
		print = l.printYAML
	case t.format == "csv":
		print = l.printCSV
	}
	return cmp.Or(print(w), w.Flush())
}

// each calls fn with each value, up to the first error. If the server breaks off, that is an error, so an incomplete
// list does not end like a complete one.
func (l listing[T]) each(fn func(T) error) error {
	for v, err := range l.values {
		if err != nil {
			return err
		}
		if err := fn(v); err != nil {
			return err
		}
	}
	return nil
}

func (l listing[T]) printNames(w io.Writer) error {
	return l.each(func(v T) error {
		_, err := fmt.Fprintln(w, l.row(v)[0])
		return err
	})
}

// printJSON writes the same text as encoding the whole list at once, so programs see no difference.
func (l listing[T]) printJSON(w io.Writer) error {
	// Brackets and commas come before a value, since it is not known whether another one follows.
	before := "[\n  "
	err := l.each(func(v T) error {
		text, err := json.MarshalIndent(v, "  ", "  ")
		if err == nil {
			_, err = io.WriteString(w, before+string(text))
		}
		before = ",\n  "
		return err
	})
	switch {
	case err != nil:
		return err
	case before[0] == '[': // there was none
		_, err = io.WriteString(w, "[]\n")
	default:
		_, err = io.WriteString(w, "\n]\n")
	}
	return err
}

func (l listing[T]) printYAML(w io.Writer) error {
	empty := true
	err := l.each(func(v T) error {
		empty = false
		// In YAML, lists of one element, one below the other, are one list.
		return printYAML(w, []T{v})
	})
	if err == nil && empty {
		_, err = io.WriteString(w, "[]\n")
	}
	return err
}

func (l listing[T]) printCSV(out io.Writer) error {
	w := newCSV(out, l.head)
	if err := l.each(func(v T) error { return w.row(l.row(v)) }); err != nil {
		return err
	}
	w.Flush()
	return w.Error()
}

func (l listing[T]) printTable(w io.Writer) error {
	var a aligned
	if l.head != nil {
		a.add(l.head)
	}
	err := l.each(func(v T) error {
		a.add(l.row(v))
		if len(a.rows) < batch {
			return nil
		}
		return a.print(w)
	})
	if err != nil {
		return err
	}
	return a.print(w)
}

// csvWriter writes cells that spreadsheets do not treat as formulas.
type csvWriter struct{ *csv.Writer }

// newCSV returns a writer that has already written the titles of the columns.
func newCSV(out io.Writer, head []string) csvWriter {
	w := csvWriter{csv.NewWriter(out)}
	if head != nil {
		_ = w.Write(csvHead(head)) // Error has it
	}
	return w
}

func (w csvWriter) row(cells []string) error {
	inert := make([]string, len(cells))
	for i, cell := range cells {
		inert[i] = web.Inert(cell)
	}
	return w.Write(inert)
}

// csvHead returns the titles of columns in a form for programs: "SITE ROLES" becomes site_roles.
func csvHead(titles []string) []string {
	head := make([]string, len(titles))
	for i, title := range titles {
		head[i] = strings.ReplaceAll(strings.ToLower(title), " ", "_")
	}
	return head
}
