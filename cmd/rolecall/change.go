package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"rolecall.example/client"
)

// match returns the condition of a change: the version of --if-match, or otherwise the version that was shown before
// the question, so that nothing is done to a state that no one has seen. With --yes nothing was shown, so a condition
// would only make scripts fail by chance.
func (q *query) match(shown string) []client.Option {
	if q.yes {
		shown = ""
	}
	if tag := cmp.Or(q.ifMatch, shown); tag != "" {
		return []client.Option{client.IfMatch(tag)}
	}
	return nil
}

// confirm shows a report and asks a question about it on the terminal, unless --yes answered it. Any answer other than
// yes, and an interruption, is errNo. If there is no one to ask, nothing is done. The question goes to standard error,
// since standard output may be a file.
func (q *query) confirm(ctx context.Context, t *terminal, question string, about ...report) error {
	if q.yes {
		return nil
	}
	if f, ok := t.in.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		// Neither yes nor no can be assumed: a script that hangs at a question that no one sees is as bad as one that
		// deletes.
		return usageError("--yes is needed where no one can be asked: " + question)
	}
	for _, r := range about {
		t.tell(t.err, r)
	}
	fmt.Fprintf(t.err, "%s [y/N] ", question)
	answered := make(chan string, 1)
	// Reading a terminal cannot be interrupted, so it has its own goroutine.
	go func() {
		line, _ := bufio.NewReader(t.in).ReadString('\n') // an error is not a yes
		answered <- line
	}()
	var answer string
	select {
	case answer = <-answered:
	case <-ctx.Done(): // the reader is still blocked, but the program ends
		fmt.Fprintln(t.err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	fmt.Fprintln(t.err, "Nothing was changed.")
	// No has exit code 1: nothing failed, and a script can tell it from done.
	return errNo
}

// sentence returns the text of a report that has one line.
func sentence(format string, args ...any) func(io.Writer) {
	return func(w io.Writer) { fmt.Fprintf(w, format+"\n", args...) }
}

// names returns the operands and the lines of --file. The operand "-" means the lines of standard input. Empty lines,
// and anything after a #, are ignored, so a list with comments can be kept beside a script.
func (q *query) names(t *terminal, operands []string) (names []string, err error) {
	files := []string{}
	if q.file != "" {
		files = append(files, q.file)
	}
	for _, operand := range operands {
		if operand == "-" {
			files = append(files, operand)
		} else {
			names = append(names, operand)
		}
	}
	for _, file := range files {
		text, err := t.read(file)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(text)) {
			line, _, _ = strings.Cut(line, "#")
			if line = strings.TrimSpace(line); line != "" {
				names = append(names, line)
			}
		}
	}
	return names, nil
}

// read returns the content of a file, or of standard input for "-".
func (t *terminal) read(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(t.in)
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, usageError("there is no file " + file)
	}
	return text, err
}

// impactHead and impactRows show whom a change would affect, as a table.
var impactHead = []string{"EFFECT", "PERMISSION", "MEMBERS", "WHO"}

// namedInLine is how many people a line names. Programs get all that the server names; people read one line per row of
// their terminal.
const namedInLine = 5

// The server names only some people of each line; dots mean that there are more.
func impactRows(i client.Impact) (rows [][]string) {
	for _, part := range []struct {
		effect string
		lines  []client.ImpactLine
	}{{"gain", i.Gains}, {"lose", i.Losses}, {"keep", i.Keeps}} {
		for _, l := range part.lines {
			permission := l.ResourceType + ":" + l.Action
			if l.Own {
				permission += " (own)"
			}
			named := l.Sample[:min(len(l.Sample), namedInLine)]
			who := strings.Join(named, ", ")
			if l.Members > len(named) {
				who += ", …"
			}
			rows = append(rows, []string{part.effect, permission, thousands(l.Members), who})
		}
	}
	return rows
}

// impactReport prints the answer to a dry run. value is what the API answered: the impact, alone or with more.
func impactReport(i client.Impact, value any) report {
	rows := impactRows(i)
	return report{value: value, head: impactHead, rows: rows, names: affected(i), text: func(w io.Writer) {
		fmt.Fprintln(w, impactSentence(i))
		if i.Warning != "" {
			fmt.Fprintln(w, "Warning: "+i.Warning)
		}
		table(w, rows...)
	}}
}

// affected returns the names in an impact.
func affected(i client.Impact) []string {
	names := []string{}
	seen := map[string]bool{}
	// People who keep everything are not affected.
	for _, lines := range [][]client.ImpactLine{i.Gains, i.Losses} {
		for _, l := range lines {
			for _, name := range l.Sample {
				if !seen[name] {
					seen[name] = true
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// impactSentence also counts the people who would gain and lose nothing: it is worth knowing that a change is about
// many and does little.
func impactSentence(i client.Impact) string {
	text := fmt.Sprintf("%s concerned, %s would gain or lose a permission", counted(i.Members, "member is", "members are"), thousands(i.Affected))
	if i.Roleless > 0 {
		text += fmt.Sprintf(", %s would be without a role", thousands(i.Roleless))
	}
	return text + "."
}
