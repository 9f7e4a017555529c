// What stands beside this is drawn again when there is more of it, and only then: a look that found nothing new sends
// a number and no figure.
const seen = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const before = seen.get(parentElement);
  seen.set(parentElement, data);
  if (before !== undefined && before !== data) setTriggerValue("more", data);
}
