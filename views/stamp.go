package views

import "rolecall.example/views/ui"

// PrintedRows is the maximum number of rows of a page that is to be printed.
const PrintedRows = 5_000

// printURL returns a page with all its rows, for printing.
func printURL(page string) string {
	path, q := ui.SplitURL(page)
	q.Set("print", "1")
	return ui.URL(path, q)
}

// missingRows says how many rows a printed page leaves out, "" if it has all. rest says where they are.
func missingRows(n int, noun, rest string) string {
	if n <= 0 {
		return ""
	}
	return ui.Plural(n, noun) + " " + ui.Verb(n, "are") + " missing on this page. " + rest
}
