package openapi

// eachSchema calls fn with every schema of the document; a schema comes before those inside it.
func (d *Document) eachSchema(fn func(*Schema)) {
	for _, e := range d.Components.Schemas {
		e.Value.each(fn)
	}
	for _, e := range d.Components.Parameters {
		e.Value.Schema.each(fn)
	}
	for _, e := range d.Components.Headers {
		e.Value.Schema.each(fn)
	}
	d.eachParameter(func(p *Parameter) { p.Schema.each(fn) })
	d.eachMedia(func(m *Media) { m.Schema.each(fn) })
}

// each calls fn with a schema and then with those inside of it. A nil schema has none.
func (s *Schema) each(fn func(*Schema)) {
	if s == nil {
		return
	}
	fn(s)
	s.Items.each(fn)
	for _, p := range s.Properties {
		p.Value.each(fn)
	}
	if s.Additional != nil {
		s.Additional.Schema.each(fn)
	}
	for _, variants := range [][]*Schema{s.OneOf, s.AnyOf, s.AllOf} {
		for _, v := range variants {
			v.each(fn)
		}
	}
}

// eachParameter calls fn with every parameter of a path or an operation.
func (d *Document) eachParameter(fn func(*Parameter)) {
	for _, path := range d.Paths {
		for _, p := range path.Value.Parameters {
			fn(p)
		}
		for _, o := range path.Value.Operations() {
			for _, p := range o.Value.Parameters {
				fn(p)
			}
		}
	}
}

// eachMedia calls fn with every body of a request or an answer.
func (d *Document) eachMedia(fn func(*Media)) {
	content := func(m Map[*Media]) {
		for _, e := range m {
			fn(e.Value)
		}
	}
	for _, path := range d.Paths {
		for _, o := range path.Value.Operations() {
			if o.Value.RequestBody != nil {
				content(o.Value.RequestBody.Content)
			}
			for _, r := range o.Value.Responses {
				content(r.Value.Content)
			}
		}
	}
	for _, r := range d.Components.Responses {
		content(r.Value.Content)
	}
}
