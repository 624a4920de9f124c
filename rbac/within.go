package rbac

// Within returns the subject as it is inside of some organizations alone: there it may do what s may do. Outside of them it
// may do nothing but read its own account, so that it can tell who it is. Asked about any organization, it answers for those
// alone, and it belongs to no other. The roles that it holds are listed as they are. A nil Subject stays nil; one that is within some organizations
// already is then within those that are among both.
func (s *Subject) Within(orgs []ID) *Subject {
	if s == nil {
		return nil
	}
	within := *s
	within.only, within.orgs, within.few = make(map[ID]bool, len(orgs)), map[ID]*rights{}, nil
	within.someOrg = s.catalog.newRights()
	for _, org := range orgs {
		if org == (ID{}) || s.only != nil && !s.only[org] {
			continue
		}
		within.only[org] = true
		if r, ok := s.orgs[org]; ok {
			within.orgs[org] = r
			within.someOrg.addAllowed(r)
		}
	}
	return &within
}

// confine takes from a reach what lies outside of the organizations that the subject is within.
func (at *reach) confine(s *Subject, o *Object) {
	switch {
	case o.AnyOrg && len(s.only) > 0, s.only[o.Org]:
		return
	case !o.AnyOrg && o.Org == ID{} && o.Type == "user" && o.Owner == s.id:
		if pair, ok := s.catalog.number("user", "read"); ok {
			at.alone = pair + 1
			return
		}
	}
	for l := range at.rights {
		at.rights[l], at.why[l] = nil, OutOfReach
	}
}
