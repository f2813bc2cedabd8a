// Build elements. Text goes in as text, never as markup: it may come from files and visitors.

import { quoted } from "../language/unicode.js";

/**
 * Return a new element.
 *
 * @param {string} tag
 * @param {object} properties Properties of the element; `aria` and `on` hold attributes and
 *   listeners by name.
 * @param {...(Node | string)} children
 */
export function make(tag, { aria = {}, on = {}, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(aria)) element.setAttribute(`aria-${name}`, value);
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  element.append(...children);
  return element;
}

/** Return the element of the page with an id. */
export const byId = (id) => document.getElementById(id);

/** Write a number with thousands separators. */
export const grouped = (number) => number.toLocaleString("en-US");

/** Escape characters that do not show, as exprinfer.errors.printable does. */
export const printable = (text) =>
  text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => quoted(character).slice(1, -1));

/** Return whether the visitor asks for less motion. */
export const lessMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
