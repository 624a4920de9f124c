package views

// API is how a program gets what a page shows.
type API struct {
	JSON string // path of the same as JSON
	Curl string // command line
	CLI  string // command line of this program; "" if there is no command for it
}
