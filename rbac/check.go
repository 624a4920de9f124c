package rbac

// check returns what is wrong in a document that has been filled in.
func (d *Document) check() []Problem { return nil }
