// Command testreport reads what go test -json writes. It prints what failed, the slowest tests, and which tests were
// skipped and why; a skipped test proves nothing, and among thousands nobody notices it.
//
//	go test -json ./... | testreport -slowest 10 -into FILE
//	testreport -skipped FILE [-strict]
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("testreport", flag.ContinueOnError)
	slowest := flags.Int("slowest", 0, "how many of the slowest tests to print")
	into := flags.String("into", "", "the file that gets a line for each test, after those of earlier runs")
	skipped := flags.String("skipped", "", "print the tests that none of the runs in this file ran")
	strict := flags.Bool("strict", false, "with -skipped, fail unless each of them may be left out")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *skipped != "" {
		return list(*skipped, *strict, out)
	}
	return report(in, out, *slowest, *into)
}

// event is a line of go test -json.
type event struct {
	Action  string
	Package string
	Test    string
	Elapsed float64
	Output  string
}

// result is what became of a test.
type result struct {
	name    string // package and test
	part    bool   // a subtest
	elapsed float64
	skipped bool
	reason  string
}

// report reads the events of one run. Errors: something failed, or the input is none.
func report(in io.Reader, out io.Writer, slowest int, into string) error {
	outputs := map[string]*strings.Builder{}
	var results []result
	failed := false
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Fprintln(out, lines.Text()) // what the go command says beside its events
			continue
		}
		name := strings.TrimSuffix(e.Package+"."+e.Test, ".")
		if outputs[name] == nil {
			outputs[name] = &strings.Builder{}
		}
		text := outputs[name]
		switch e.Action {
		case "output", "build-output":
			if e.Test == "" && !noise.MatchString(e.Output) {
				fmt.Fprint(out, e.Output)
			}
			text.WriteString(e.Output)
		case "fail":
			failed = true
			if e.Test != "" {
				fmt.Fprint(out, text)
			}
		case "pass", "skip":
			if e.Test != "" {
				results = append(results, result{name, strings.Contains(e.Test, "/"), e.Elapsed, e.Action == "skip", reasonOf(text.String())})
			}
		}
		if e.Action == "fail" || e.Action == "pass" || e.Action == "skip" {
			delete(outputs, name)
		}
	}
	printSlowest(out, results, slowest)
	err := errors.Join(lines.Err(), record(into, results))
	if failed {
		err = errors.Join(err, errors.New("tests failed"))
	}
	return err
}

// noise is what a package says when all is well.
var noise = regexp.MustCompile(`^(PASS|FAIL|=== .*|coverage: .*)\n$`)

// reason is how the testing package writes the argument of Skip.
var reason = regexp.MustCompile(`(?m)^\s+\S+\.go:\d+: (.*)$`)

func reasonOf(output string) string {
	all := reason.FindAllStringSubmatch(output, -1)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1][1]
}

// printSlowest prints the whole tests that took longest. What runs beside others has waited for them, too.
func printSlowest(out io.Writer, results []result, n int) {
	whole := slices.DeleteFunc(slices.Clone(results), func(r result) bool { return r.part })
	slices.SortFunc(whole, func(a, b result) int { return cmp.Compare(b.elapsed, a.elapsed) })
	for i, r := range whole[:min(n, len(whole))] {
		if i == 0 {
			fmt.Fprintln(out, "\nThe slowest tests:")
		}
		fmt.Fprintf(out, "%8.1f s  %s\n", r.elapsed, r.name)
	}
}

// record appends a line for each test: whether it ran, its name, and why it did not.
func record(path string, results []result) error {
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	for _, r := range results {
		action := "ran"
		if r.skipped {
			action = "skipped"
		}
		if _, err = fmt.Fprintf(file, "%s\t%s\t%s\n", action, r.name, r.reason); err != nil {
			break
		}
	}
	return errors.Join(err, file.Close())
}

// excused begins the reason of a skip that is none of ours: the platform lacks something that cannot be installed, or
// the test makes something that is not wanted each time.
var excused = regexp.MustCompile(`^(not here|on request): `)

// list prints the tests that were skipped in each run that met them. Errors: with strict, one is not excused.
func list(path string, strict bool, out io.Writer) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	skipped, ran := map[string]string{}, map[string]bool{}
	for line := range strings.Lines(string(text)) {
		switch part := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 3); {
		case len(part) != 3:
			return fmt.Errorf("%s: not a line of ours: %q", path, line)
		case part[0] == "ran":
			ran[part[1]] = true
		default:
			skipped[part[1]] = part[2]
		}
	}
	maps.DeleteFunc(skipped, func(name, _ string) bool { return ran[name] })
	if len(skipped) == 0 {
		fmt.Fprintln(out, "No test was left out.")
		return nil
	}
	fmt.Fprintln(out, "Tests that did not run:")
	bad := 0
	for _, name := range slices.Sorted(maps.Keys(skipped)) {
		fmt.Fprintf(out, "  %s: %s\n", name, cmp.Or(skipped[name], "for no reason"))
		if !excused.MatchString(skipped[name]) {
			bad++
		}
	}
	if strict && bad > 0 {
		return fmt.Errorf("%d of them must not be left out", bad)
	}
	return nil
}
