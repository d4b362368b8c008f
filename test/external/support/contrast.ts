/** A script for a page: returns each visible text with its WCAG contrast ratio to the background. */
export const CONTRASTS = `
(() => {
  const luminance = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const { backgroundColor } = getComputedStyle(element);
    return backgroundColor === 'rgba(0, 0, 0, 0)' ? behind(element.parentElement) : backgroundColor;
  };
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
  return [...document.querySelectorAll('body *')]
    .filter((element) => element.checkVisibility() && (element.tagName === 'INPUT' || hasText(element)))
    .map((element) => {
      const [a, b] = [getComputedStyle(element).color, behind(element)].map(luminance).sort((x, y) => y - x);
      return { text: element.textContent, contrast: (a + 0.05) / (b + 0.05) };
    });
})()
`;
