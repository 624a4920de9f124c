package org

// AccessQuestion is a question in the words of the AuthZEN Authorization API 1.0: whether a subject may do an action on a
// resource. Values of properties are those of JSON, numbers as float64 or json.Number.
type AccessQuestion struct {
	Subject  AccessEntity
	Action   AccessAction
	Resource AccessEntity
	Context  map[string]any
}

// AccessEntity is a subject or a resource.
type AccessEntity struct {
	Type, ID   string
	Properties map[string]any
}

// AccessAction is what is to be done.
type AccessAction struct {
	Name       string
	Properties map[string]any
}

// AccessDecision is the answer to an AccessQuestion. With a Problem it is a no.
type AccessDecision struct {
	Allowed bool
	Problem *AccessProblem
	Reason  string // "" unless it was asked for, and the caller may know it
}

// AccessProblem is why a question could not be answered.
type AccessProblem struct {
	Status  int // of HTTP: 400, or 404 for what is not there or may not be read
	Message string
}

// AccessPage is the part of a search that is wanted.
type AccessPage struct {
	Limit int
	After string // the place that the part before ended at; "" for the first one
}

// AccessFound is a part of what a search finds.
type AccessFound struct {
	Names []string // of accounts, organizations, actions, or ids of things
	Next  string   // the place where it ends, "" for the last one
}
