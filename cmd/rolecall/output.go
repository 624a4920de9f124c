package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"unicode"

	"github.com/rivo/uniseg"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// terminal has the environment and the streams of a command, and the form of its answer. Commands reach the process
// only through it, so tests can run them in parallel.
type terminal struct {
	env map[string]string // the variables that are set
	in  io.Reader
	out *sink     // results
	err io.Writer // log and errors

	format    string // one of formats
	quiet     bool
	noHeaders bool
}

// formats are the values of --output.
var formats = []string{"table", "json", "yaml", "csv"}

// outputFlags registers the flags of every command that answers. They are the same everywhere, so people learn them
// once.
func outputFlags(fs *pflag.FlagSet) {
	format := "table"
	fs.VarP(&choice{&format, formats}, "output", "o", "`FORMAT` of the answer: table, json, yaml or csv")
	fs.Bool("json", false, "same as --output json: what the API returns")
	fs.BoolP("quiet", "q", false, "print only names or ids, one a line, or only a new secret; for a yes or no, only set the exit code")
	fs.Bool("no-headers", false, "omit the line with the column titles")
}

// formatIsOutput accepts --format, as other programs call it, for --output.
func formatIsOutput(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	if name == "format" {
		name = "output"
	}
	return pflag.NormalizedName(name)
}

// choose reads the flags of outputFlags. It refuses contradictions: no one could know which flag would win.
func (t *terminal) choose(fs *pflag.FlagSet) error {
	t.format = fs.Lookup("output").Value.String()
	if asJSON, _ := fs.GetBool("json"); asJSON {
		if fs.Changed("output") && t.format != "json" {
			return usageError("--json and --output " + t.format + " exclude each other")
		}
		t.format = "json"
	}
	t.quiet, _ = fs.GetBool("quiet")
	t.noHeaders, _ = fs.GetBool("no-headers")
	if t.quiet && t.format != "table" {
		return usageError("--quiet and --output " + t.format + " exclude each other")
	}
	return nil
}

// report is the answer of a command. A command makes it once without knowing the form of output, so no command can
// forget a form.
type report struct {
	value any             // for --output json and yaml
	head  []string        // titles of the columns; none if each row is a name and a value
	rows  [][]string      // for people and --output csv
	names []string        // for --quiet; nil: the first column of the rows
	text  func(io.Writer) // what people read instead of the rows
}

// silent is the names of a report that is just a yes or no.
var silent = []string{}

// print prints the report in the form that the flags ask for.
func (t *terminal) print(r report) error {
	switch {
	case t.quiet:
		return t.printNames(r)
	case t.format == "json":
		return printJSON(t.out, r.value)
	case t.format == "yaml":
		return printYAML(t.out, r.value)
	case t.format == "csv":
		return t.printCSV(r)
	}
	t.tell(t.out, r)
	return nil
}

// tell writes a report for people. It ignores --output: it is also used above a question.
func (t *terminal) tell(w io.Writer, r report) {
	if r.text != nil {
		r.text(w)
		return
	}
	t.printTable(w, r.head, r.rows)
}

func (t *terminal) printNames(r report) error {
	names := r.names
	if names == nil {
		for _, row := range r.rows {
			names = append(names, row[0])
		}
	}
	for _, name := range names {
		fmt.Fprintln(t.out, name)
	}
	return nil
}

// printCSV checks for errors at the end, since the writer keeps the first one.
func (t *terminal) printCSV(r report) error {
	if t.noHeaders {
		r.head = nil
	}
	w := newCSV(t.out, r.head)
	for _, row := range r.rows {
		_ = w.row(row)
	}
	w.Flush()
	return w.Error()
}

// printTable prints rows below their titles.
func (t *terminal) printTable(w io.Writer, head []string, rows [][]string) {
	if head != nil && !t.noHeaders {
		rows = append([][]string{head}, rows...)
	}
	table(w, rows...)
}

// table prints rows in aligned columns.
func table(w io.Writer, rows ...[]string) {
	var a aligned
	for _, row := range rows {
		a.add(row)
	}
	_ = a.print(w) // run reports a failure
}

// aligned collects rows to print them in columns. It counts terminal cells: a character takes up none, one or two.
type aligned struct {
	rows   [][]string
	widths []int
}

func (a *aligned) add(row []string) {
	row = slices.Clone(row)
	for i, cell := range row {
		cell = strings.Map(printable, cell)
		row[i] = cell
		if i == len(a.widths) {
			a.widths = append(a.widths, 0)
		}
		a.widths[i] = max(a.widths[i], uniseg.StringWidth(cell))
	}
	a.rows = append(a.rows, row)
}

// printable replaces characters that a terminal would interpret. Names come from other people, and an escape sequence
// could rewrite the screen.
func printable(r rune) rune {
	if unicode.IsControl(r) {
		return unicode.ReplacementChar
	}
	return r
}

// print prints the rows, and keeps the widths for later ones.
func (a *aligned) print(w io.Writer) error {
	var b strings.Builder
	for _, row := range a.rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell + strings.Repeat(" ", a.widths[i]-uniseg.StringWidth(cell)+2))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	a.rows = nil
	_, err := io.WriteString(w, b.String())
	return err
}

// printJSON prints v as JSON.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printYAML prints v with the names and the order of its JSON.
func printYAML(w io.Writer, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var n yaml.Node
	if err := yaml.Unmarshal(text, &n); err != nil { // YAML contains JSON
		return err
	}
	plain(&n)
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(&n); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// plain removes JSON's brackets and quotes from a node. The encoder quotes what would be read as something else.
func plain(n *yaml.Node) {
	if len(n.Content) > 0 || n.Kind == yaml.ScalarNode {
		n.Style = 0
	}
	for _, child := range n.Content {
		plain(child)
	}
}

// sink is standard output. It keeps the first error, since a lost answer is not a success. Code that prints for people
// need not check errors, because run checks here at the end.
type sink struct {
	io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.Writer.Write(p)
	if err != nil {
		err = fmt.Errorf("the answer could not be written: %w", err)
		s.err = cmp.Or(s.err, err)
	}
	return n, err
}

// beforeSecret returns an error if the output cannot be written: then no secret that is shown once must be made. From
// then on a reader that goes away does not end the program, so that afterSecret can act.
func (t *terminal) beforeSecret() error {
	// A write to a closed pipe is then an error like any other.
	signal.Ignore(syscall.SIGPIPE)
	if _, err := t.out.Write(nil); err != nil {
		return fmt.Errorf("nothing was done: %w", err)
	}
	return nil
}

// afterSecret prints a secret that is shown once. If that fails, no one has it, and undo revokes it.
func (t *terminal) afterSecret(r report, undo func() error) error {
	err := cmp.Or(t.print(r), t.out.err)
	if err == nil {
		return nil
	}
	// In the same error: someone now has to revoke it by hand.
	if undone := undo(); undone != nil {
		return fmt.Errorf("%w; what was made could not be taken back: %w", err, undone)
	}
	return fmt.Errorf("what was made was taken back: %w", err)
}
