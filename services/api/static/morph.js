// Makes one part of the page like another in place: what is the same stays, with its focus, scrolling and selection.

function sameKind(left, right) {
  return left.nodeType === right.nodeType && left.nodeName === right.nodeName && left.id === right.id;
}

function copyAttributes(current, wanted) {
  for (const { name } of [...current.attributes]) if (!wanted.hasAttribute(name)) current.removeAttribute(name);
  for (const { name, value } of wanted.attributes) {
    if (current.getAttribute(name) !== value) current.setAttribute(name, value);
  }
}

function setText(node, text) {
  if (node.nodeValue === text) return;
  node.nodeValue = text;
  const figure = node.parentElement?.closest("dd, .figure");
  if (!figure) return;
  figure.classList.remove("changed");
  requestAnimationFrame(() => figure.classList.add("changed"));
}

export function morph(current, wanted) {
  if (current.nodeType !== Node.ELEMENT_NODE) return setText(current, wanted.nodeValue);
  copyAttributes(current, wanted);
  const [old, next] = [[...current.childNodes], [...wanted.childNodes]];
  next.forEach((child, index) => {
    if (!old[index]) current.append(child.cloneNode(true));
    else if (sameKind(old[index], child)) morph(old[index], child);
    else old[index].replaceWith(child.cloneNode(true));
  });
  old.slice(next.length).forEach((child) => child.remove());
}
