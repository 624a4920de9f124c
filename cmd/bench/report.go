package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// book holds the results of a run. It is kept as JSON beside the page, so that figures of two versions can be compared.
type book struct {
	Date    string    `json:"date"`
	Machine string    `json:"machine"`
	Server  bool      `json:"server,omitempty"` // on PostgreSQL; the targets are for a file
	Method  string    `json:"method"`
	Sizes   []int     `json:"sizes"`
	Figures []*figure `json:"figures"`

	bounds []bound // nil: the targets of the server
	both   bool    // the targets are for both engines
}

// figure is one measurement at each size.
type figure struct {
	Name   string          `json:"name"`
	Unit   string          `json:"unit"`
	Values map[int]float64 `json:"values"` // by the number of members
}

// begin records what the figures depend on: without machine and method they could not be compared.
func (b *book) begin(o options) {
	b.Date = time.Now().UTC().Format(time.DateOnly)
	b.Machine = fmt.Sprintf("%d cores, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	b.Method = fmt.Sprintf("%d connections, the median of %d rounds of %v", o.clients, o.rounds, o.turn)
	b.Sizes, b.Server = o.sizes, o.postgres != ""
}

// note adds a value to a figure. Figures keep the order in which they first came, which is that of the table.
func (b *book) note(members int, name, unit string, value float64) {
	f := b.figure(name)
	if f == nil {
		f = &figure{name, unit, map[int]float64{}}
		b.Figures = append(b.Figures, f)
	}
	f.Values[members] = value
}

func (b *book) figure(name string) *figure {
	i := slices.IndexFunc(b.Figures, func(f *figure) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return b.Figures[i]
}

// bound is a target for a figure, or for its ratio to another one. Ratios must hold on any machine, times on one like that of
// the documentation.
type bound struct {
	About  string
	Figure string
	Of     string
	Unit   string // "" for a ratio
	Least  float64
	Most   float64
	Only   int // the only size that it is for; 0: all sizes
}

var bounds = []bound{
	{"One of the first 40 pages, of a page out of memory", firstPages, memoryPage, "", 0.3, 0, 0},
	{"The same as HTML, of JSON that is made anew too", htmlPages, freshPages, "", 0.2, 0, 0},
	{"Page in the middle, by offset", "page in the middle, p99", "", "ms", 0, 100, 0},
	{"Page at the end, by offset", "page at the end, p99", "", "ms", 0, 100, 0},
	{"Search by a username, JSON, p99", "search by a username, JSON, p99", "", "ms", 0, 50, 0},
	{"Search by a username, HTML, p99", "search by a username, HTML, p99", "", "ms", 0, 50, 0},
	{"Search by a name, HTML, p99", "search by a name, HTML, p99", "", "ms", 0, 50, 0},
	{"Search by an e-mail address, HTML, p99", "search by an e-mail address, HTML, p99", "", "ms", 0, 50, 0},
	{"Search for what a fiftieth has, HTML, p99", "search for what a fiftieth has, HTML, p99", "", "ms", 0, 50, 0},
	{"Search for what everybody has, HTML, p99", "search for what everybody has, HTML, p99", "", "ms", 0, 50, 0},
	{"Filter by a role that a sixth holds, JSON, p99", "filter by a role that a sixth holds, JSON, p99", "", "ms", 0, 50, 0},
	{"Filter by a role that a sixth holds, HTML, p99", "filter by a role that a sixth holds, HTML, p99", "", "ms", 0, 50, 0},
	{"List of everybody, of a bare scan", fullList, bareScan, "", 0.4, 0, 0},
	{"List of everybody", fullList, "", "rows/s", 250_000, 0, 0},
	{"Its first byte", "all members, first byte", "", "ms", 0, 10, 0},
	{"Memory that it takes", "all members, growth of memory", "", "MiB", 0, 32, 0},
	{"Roles of the organization, of an empty answer", orgRoles, emptyAnswer, "", 0.3, 0, 0},
	{"Roles of the site, of an empty answer", siteRoles, emptyAnswer, "", 0.3, 0, 0},
	{"Authcheck with 1 check, of an empty answer", oneCheck, emptyAnswer, "", 0.4, 0, 0},
	{"Time of 100 checks, of the time of one", oneCheck, manyChecks, "", 0, 3, 0},
	{"Dry run of a role that a member of 100 organizations holds", review + ", median", "", "ms", 0, 20, 0},
	{"Assignments from 64 clients, of bare inserts", assigning, bareInserts, "", 0.2, 0, 0},
	{"Delete a role that 100,000 hold, or all", "delete a role that 100,000 hold, or all", "", "ms", 0, 1000, 0},
	{"Remove a member", "remove a member, median", "", "ms", 0, 10, 0},
	{"Check of the whole database", "check of the whole database", "", "s", 0, 60, 0},
	{"Start until ready", "start to ready", "", "ms", 0, 150, 10_000},
	{"Memory after the start", "memory after the start", "", "MiB", 0, 40, 0},
	{"Memory under load", "memory at most, under all of that", "", "MiB", 0, 120, 0},
	{"Binary", "binary", "", "MB", 0, 35, 0},
	{"Making the data", "making the data", "", "s", 0, 60, 0},
}

// value returns the value to compare with the bound, and false if it was not measured. On PostgreSQL none is compared,
// as they were chosen for a file.
func (t *bound) value(b *book, members int) (v float64, ok bool) {
	f := b.figure(t.Figure)
	if f == nil || b.Server && !b.both || t.Only != 0 && t.Only != members {
		return 0, false
	}
	v, ok = f.Values[members]
	if t.Of != "" && ok {
		of := b.figure(t.Of)
		if of == nil || of.Values[members] == 0 {
			return 0, false
		}
		v /= of.Values[members]
	}
	return v, ok
}

func (t *bound) holds(v float64) bool { return v >= t.Least && (t.Most == 0 || v <= t.Most) }

func (t *bound) String() string {
	sign, v := "≥", t.Least
	if t.Most > 0 {
		sign, v = "≤", t.Most
	}
	return strings.TrimSpace(sign + " " + short(v) + " " + t.Unit)
}

// verdict returns a cell of the table of targets.
func (t *bound) verdict(b *book, members int) string {
	v, ok := t.value(b, members)
	switch {
	case !ok:
		return "–"
	case !t.holds(v):
		return short(v) + " BELOW"
	default:
		return short(v) + " ok"
	}
}

func (b *book) targets() []bound {
	if b.bounds != nil {
		return b.bounds
	}
	return bounds
}

// good reports whether all targets were met at all sizes. What was not measured is not missed: a quick run has two sizes
// only.
func (b *book) good() bool {
	return !slices.ContainsFunc(b.targets(), func(t bound) bool {
		return slices.ContainsFunc(b.Sizes, func(n int) bool {
			v, ok := t.value(b, n)
			return ok && !t.holds(v)
		})
	})
}

// tables returns the measurements and the targets as rows of cells.
func (b *book) tables() (figures, targets [][]string) {
	figures, targets = [][]string{{"Measured", "in"}}, [][]string{{"Target", ""}}
	for _, n := range b.Sizes {
		figures[0] = append(figures[0], grouped(float64(n)))
		targets[0] = append(targets[0], grouped(float64(n)))
	}
	for _, f := range b.Figures {
		row := []string{f.Name, f.Unit}
		for _, n := range b.Sizes {
			cell := "–"
			if v, ok := f.Values[n]; ok {
				cell = short(v)
			}
			row = append(row, cell)
		}
		figures = append(figures, row)
	}
	for _, t := range b.targets() {
		row := []string{t.About, t.String()}
		for _, n := range b.Sizes {
			row = append(row, t.verdict(b, n))
		}
		targets = append(targets, row)
	}
	return figures, targets
}

// print prints the tables, but on PostgreSQL not that of the targets if every cell of it would be a dash.
func (b *book) print(out io.Writer) {
	fmt.Fprintf(out, "%s: %s; %s\n", b.Date, b.Machine, b.Method)
	figures, targets := b.tables()
	tables := [][][]string{figures, targets}
	if b.Server && !b.both {
		tables = tables[:1]
	}
	for _, table := range tables {
		fmt.Fprintln(out)
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, row := range table {
			fmt.Fprintln(w, strings.Join(row, "\t"))
		}
		w.Flush()
	}
}

// results is the name of the file with the results of a run.
const results = "results.json"

// load reads what save wrote, so the page can be made again without a run.
func (b *book) load(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, results))
	if err != nil {
		return err
	}
	return json.Unmarshal(data, b)
}

// save writes results and plots to dir, and the tables to the page beside it.
func (b *book) save(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	data, err := json.MarshalIndent(b, "", "\t")
	if err != nil {
		return err
	}
	// Every file is tried: the figures of a long run must not be lost because a plot cannot be written.
	errs := []error{os.WriteFile(filepath.Join(dir, results), append(data, '\n'), 0o644)}
	for _, p := range plots {
		errs = append(errs, os.WriteFile(filepath.Join(dir, p.file), p.draw(b), 0o644))
	}
	return errors.Join(append(errs, b.writePage(dir+".md"))...)
}

// The lines of a page that enclose the tables.
const (
	from = "<!-- measured: task bench writes this -->\n"
	to   = "<!-- end of measured -->"
)

// writePage replaces only what is between the two marks, since people write the rest.
func (b *book) writePage(path string) error {
	page, err := os.ReadFile(path)
	// Another folder may have no page beside it, and needs none.
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	before, rest, ok := strings.Cut(string(page), from)
	_, after, ended := strings.Cut(rest, to)
	if err == nil && (!ok || !ended) {
		err = fmt.Errorf("%s has no place for the tables", path)
	}
	if err != nil {
		return err
	}
	var text bytes.Buffer
	figures, targets := b.tables()
	fmt.Fprintf(&text, "%s%s\nMeasured on %s: %s; %s.\n\n", before, from, b.Date, b.Machine, b.Method)
	if b.Server {
		markdown(&text, figures)
	} else {
		markdown(&text, targets)
		text.WriteString("\n<details><summary>Everything that was measured</summary>\n\n")
		markdown(&text, figures)
		text.WriteString("\n</details>\n")
	}
	fmt.Fprintf(&text, "\n%s%s", to, after)
	return os.WriteFile(path, text.Bytes(), 0o644)
}

// markdown writes a table with names aligned left and numbers aligned right.
func markdown(out io.Writer, table [][]string) {
	for i, row := range table {
		fmt.Fprintf(out, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintf(out, "|---|---|%s\n", strings.Repeat("--:|", len(row)-2))
		}
	}
}

// short formats a value with about three digits. More digits would differ in every run, and say nothing.
func short(v float64) string {
	switch {
	case v >= 100:
		return grouped(v)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
}

// grouped formats an integer with commas.
func grouped(v float64) string {
	text := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
