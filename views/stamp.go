package views

import "rolecall.example/views/ui"

// PrintedRows is how many rows a page has at most that is to be printed.
const PrintedRows = 5_000

// printURL is a page with all of its rows, as it is printed.
func printURL(page string) string {
	path, q := ui.SplitURL(page)
	q.Set("print", "1")
	return ui.URL(path, q)
}

// missingRows says how many rows a printed page leaves out, "" if it has all. rest is where they are.
func missingRows(n int, noun, rest string) string {
	if n <= 0 {
		return ""
	}
	return ui.Plural(n, noun) + " " + ui.Verb(n, "are") + " missing on this page. " + rest
}
