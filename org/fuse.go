package org

import "time"

// FuseWindow is the time within which a fuse counts the people who lost something.
const FuseWindow = time.Hour

// Fuse is how many people may lose something from one source within FuseWindow: so many, or such a part of all who hold anything
// from it, whichever is more. The zero Fuse lets everything pass.
type Fuse struct {
	People, Percent int64
}

// Off reports whether nothing is ever held.
func (f Fuse) Off() bool { return f.People == 0 && f.Percent == 0 }

// Blows reports whether one more than have lost something already is too many. Whoever has lost all counts among the people, or
// the limit would sink with each of them; they are asked for only where they decide, since to count them is dear.
func (f Fuse) Blows(lost int64, people func() (int64, error)) (bool, error) {
	if f.Off() || lost+1 <= f.People {
		return false, nil
	}
	if f.Percent == 0 {
		return true, nil
	}
	all, err := people()
	return err == nil && (lost+1)*100 > all*f.Percent, err
}
