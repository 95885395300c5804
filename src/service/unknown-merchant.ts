export class UnknownMerchant extends Error {
  override readonly name = 'UnknownMerchant';
  constructor(merchantId: string) {
    super(`there is no merchant ${merchantId}`);
  }
}
