package awssm

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/aside-cli/aside/sources"
)

// groupTag names the types that a secret was set for together, joined with +.
// Every secret of the group has it.
const groupTag = "aside:types"

// groupOf returns the scopes without repetitions, and the types that they
// stand for together, sorted: none for a scope alone.
func groupOf(scopes []sources.Scope) (distinct []sources.Scope, group []string, err error) {
	if len(scopes) == 0 {
		return nil, nil, errors.New("no scope is given")
	}
	for _, scope := range scopes {
		if !slices.Contains(distinct, scope) {
			distinct = append(distinct, scope)
		}
	}
	if len(distinct) == 1 {
		return distinct, nil, nil
	}
	for _, scope := range distinct {
		if scope.Layer != sources.Type || scope.Shared != scopes[0].Shared {
			return nil, nil, fmt.Errorf("%s cannot be one of several scopes: types of stages can, all of the app or all shared", scope)
		}
		group = append(group, scope.Name)
	}
	slices.Sort(group)
	return distinct, group, nil
}

// group returns the types that the secret was set for together, sorted: none
// where it was set for one scope alone, or was removed.
func (t target) group() []string {
	if t.removed() {
		return nil
	}
	for _, tag := range t.there.Tags {
		if aws.ToString(tag.Key) != groupTag {
			continue
		}
		if group := strings.Split(aws.ToString(tag.Value), "+"); len(group) > 1 {
			slices.Sort(group)
			return group
		}
	}
	return nil
}

// groupError says that what is done to a part of the group must be done to all.
func (t target) groupError() error {
	remove := "remove it first: aside secret remove " + t.name + " --type " + strings.Join(t.group(), ",")
	if t.scope.Shared {
		remove += " --shared"
	}
	return sources.Hint(fmt.Errorf("%s was set for the types %s together", t.name, strings.Join(t.group(), ", ")), remove)
}
