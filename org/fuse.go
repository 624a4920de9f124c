package org

import "time"

// FuseWindow is the time within which a fuse counts the people who lost something.
const FuseWindow = time.Hour

// Fuse limits how many people may lose something from one source within FuseWindow: a number, or a percentage of all who hold
// anything from it, whichever is more. The zero Fuse has no limit.
type Fuse struct {
	People, Percent int64
}

// Off reports whether nothing is ever held.
func (f Fuse) Off() bool { return f.People == 0 && f.Percent == 0 }

// Blows reports whether one more than have lost something already is too many. People who have lost everything must be counted
// too, or the limit would sink with each of them. people is called only if its result matters, since counting is expensive.
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
