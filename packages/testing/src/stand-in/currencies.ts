/** Currencies by their ISO 4217 codes. Other three capitals may be codes too, but also names. */
export const CURRENCY_CODES: ReadonlySet<string> = new Set(
  `AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW MAD MXN MYR NGN NOK
  NZD PEN PHP PLN RON RSD RUB SAR SEK SGD THB TRY TWD UAH USD UYU VND ZAR`.split(/\s+/),
);

/** Signs before or after an amount. */
export const SIGNS: Readonly<Record<string, string>> = { '€': 'EUR', $: 'USD', '£': 'GBP', '¥': 'JPY' };

/** The code of a currency by its name in lower case; `undefined` where a word names none. */
export function currencyOf(word: string): string | undefined {
  return CURRENCY_CODES.has(word.toUpperCase()) && word === word.toUpperCase() ? word : NAMES.get(word.toLowerCase());
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ['euro', 'EUR'],
  ['euros', 'EUR'],
  ['dollar', 'USD'],
  ['dollars', 'USD'],
  ['yen', 'JPY'],
  ['francs', 'CHF'],
  ['rupees', 'INR'],
  ['kroner', 'NOK'],
  ['kronor', 'SEK'],
  ['zloty', 'PLN'],
]);
